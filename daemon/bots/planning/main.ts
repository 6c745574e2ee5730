/** The planning bot: reads a request and says what kind of work it is. */
import { serve } from '../kit/serve.js';
import { classify } from './classify.js';

/** Bytes of a request that are read for it: what somebody wants stands at its beginning. */
const longest = 65_536;

serve(({ request }) => {
  const { domain, department, class: kind } = classify(request().toString('utf8', 0, longest));
  return { said: { domain, department, class: kind } };
});

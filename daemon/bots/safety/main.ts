/** The safety gate: reads a result before anybody else sees it, and says pass or fail with a reason. */
import { serve } from '../kit/serve.js';
import { judge } from './judge.js';

serve(({ request, domain }) => {
  const reason = judge(request(), domain);
  return { said: reason === null ? { pass: true } : { pass: false, reason } };
});

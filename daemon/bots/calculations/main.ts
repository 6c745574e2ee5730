/** The bot of calculations. */
import { serve } from '../kit/serve.js';
import { answer } from './answer.js';

serve(({ request }) => answer(request()));

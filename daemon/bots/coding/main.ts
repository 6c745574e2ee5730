/** The coding bot: runs a program with its tests and reports what came of each. */
import { serve } from '../kit/serve.js';
import { testC } from './c.js';
import { testJavaScript } from './javascript.js';
import { testPython } from './python.js';
import { type Findings, reportOf } from './report.js';
import { type Language, parseRequest } from './request.js';
import { Workshop } from './workshop.js';

const testers: Readonly<Record<Language, (workshop: Workshop) => Promise<Findings>>> = {
  python: testPython,
  javascript: testJavaScript,
  c: testC,
};

serve(async ({ request }) => {
  const parsed = parseRequest(request());
  if ('error' in parsed) return parsed;
  const { language } = parsed.request;
  const workshop = new Workshop(parsed.request);
  try {
    return { content: reportOf(language, await testers[language](workshop)) };
  } finally {
    workshop.close();
  }
});

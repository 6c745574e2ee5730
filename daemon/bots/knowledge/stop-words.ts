/** Words that tell nothing of what is looked for: those of every English text, and those of every question. */
export const stopWords: ReadonlySet<string> = new Set(
  `a about after all also am an and another any anybody anyone anything are as at away back be because been before being
  between both but by can cannot could did do does doing don done during each either else ever every few for from get gets
  getting give given go goes going good got had has have having he help her here hers him his how i if in instead into is
  it its itself just know let like ll look make many may me mean means might mine more most much must my myself need needs
  never no nor not now of off often on once one only or other others our out over own please put re s same say says see shall
  she should show so some somebody someone something still such t take tell than that the their them themselves then there
  these they thing things this those though through to too under until up upon us use used using ve very via want wants was
  way ways we well were what whatever when where whether which while who whom whose why will wish with within without won
  work works would yes yet you your yours`.split(/\s+/),
);

/**
 * Units: what one is, in others of this table, exactly where its definition is exact. Factors: NIST SP 811 (2008), appendix B; constants: SI Brochure, 9th edition, and CODATA 2022.
 * mathjs has units, too, some of them with rounded factors (acre, torr, electronvolt).
 */

export interface UnitRow {
  /** The first one is how it is written in answers. */
  readonly names: string;
  /** A formula; none for what the others are made of. */
  readonly is?: string;
  readonly prefixes?: 'si' | 'si and binary';
}

export const unitTable: readonly UnitRow[] = [
  // What the others are made of.
  { names: 'm meter meters metre metres', prefixes: 'si' },
  { names: 'g gram grams gramme grammes', prefixes: 'si' },
  { names: 's sec secs second seconds', prefixes: 'si' },
  { names: 'A amp amps ampere amperes', prefixes: 'si' },
  { names: 'K kelvin kelvins', prefixes: 'si' },
  { names: 'mol mole moles', prefixes: 'si' },
  { names: 'cd candela candelas', prefixes: 'si' },
  { names: 'rad radian radians', prefixes: 'si' },
  { names: 'bit bits', prefixes: 'si and binary' },

  // Length
  { names: 'inch in inches', is: '2.54 cm' },
  { names: 'ft foot feet', is: '0.3048 m' },
  { names: 'yd yard yards', is: '3 ft' },
  { names: 'mi mile miles', is: '5280 ft' },
  { names: 'mil mils thou', is: '0.001 inch' },
  { names: 'nmi nauticalmile nauticalmiles', is: '1852 m' },
  { names: 'fathom fathoms', is: '6 ft' },
  { names: 'rod rods', is: '16.5 ft' },
  { names: 'chain chains', is: '66 ft' },
  { names: 'furlong furlongs', is: '660 ft' },
  { names: 'angstrom angstroms Å', is: '1e-10 m' },
  { names: 'micron microns', is: '1e-6 m' },
  { names: 'au astronomicalunit astronomicalunits', is: '149597870700 m' },
  { names: 'ly lightyear lightyears', is: '9460730472580800 m' },
  { names: 'pc parsec parsecs', is: '648000 / pi * 149597870700 m', prefixes: 'si' },

  // Area and volume; acre by the international foot
  { names: 'acre acres', is: '43560 ft^2' },
  { names: 'ha hectare hectares', is: '10000 m^2' },
  { names: 'are ares', is: '100 m^2' },
  { names: 'barn barns', is: '1e-28 m^2' },
  { names: 'L l liter liters litre litres', is: '0.001 m^3', prefixes: 'si' },
  { names: 'cc', is: '1 cm^3' },
  { names: 'gal gallon gallons usgallon usgallons', is: '231 inch^3' },
  { names: 'qt quart quarts', is: 'gal / 4' },
  { names: 'pt pint pints', is: 'gal / 8' },
  { names: 'cup cups', is: 'gal / 16' },
  { names: 'floz fluidounce fluidounces', is: 'gal / 128' },
  { names: 'tbsp tablespoon tablespoons', is: 'gal / 256' },
  { names: 'tsp teaspoon teaspoons', is: 'gal / 768' },
  { names: 'bbl barrel barrels oilbarrel', is: '42 gal' },
  { names: 'bushel bushels', is: '2150.42 inch^3' },
  { names: 'ukgal imperialgallon imperialgallons', is: '4.54609 L' },
  { names: 'ukpt imperialpint imperialpints', is: 'ukgal / 8' },
  { names: 'ukfloz imperialfluidounce imperialfluidounces', is: 'ukgal / 160' },

  // Mass
  { names: 't tonne tonnes metricton metrictons', is: '1000 kg' },
  { names: 'lb lbs pound pounds lbm', is: '0.45359237 kg' },
  { names: 'oz ounce ounces', is: 'lb / 16' },
  { names: 'gr grain grains', is: 'lb / 7000' },
  { names: 'st stone stones', is: '14 lb' },
  { names: 'ton tons shortton shorttons', is: '2000 lb' },
  { names: 'longton longtons', is: '2240 lb' },
  { names: 'cwt hundredweight hundredweights', is: '100 lb' },
  { names: 'slug slugs', is: '1 lbf s^2 / ft' },
  { names: 'ozt troyounce troyounces', is: '480 gr' },
  { names: 'ct carat carats', is: '0.2 g' },
  { names: 'u dalton daltons Da amu', is: '1.66053906892e-27 kg' },

  // Time; a year is one of 365.25 days
  { names: 'min minute minutes mins', is: '60 s' },
  { names: 'h hr hrs hour hours', is: '60 min' },
  { names: 'd day days', is: '24 h' },
  { names: 'week weeks wk', is: '7 d' },
  { names: 'fortnight fortnights', is: '14 d' },
  { names: 'yr year years', is: '365.25 d' },
  { names: 'Hz hertz', is: '1 / s', prefixes: 'si' },
  { names: 'rpm', is: '1 / min' },
  { names: 'Bq becquerel becquerels', is: '1 / s', prefixes: 'si' },

  // Angle
  { names: 'deg degree degrees °', is: 'pi * rad / 180' },
  { names: 'grad gradian gradians gon', is: 'pi * rad / 200' },
  { names: 'arcmin arcminute arcminutes', is: 'deg / 60' },
  { names: 'arcsec arcsecond arcseconds', is: 'deg / 3600' },
  { names: 'turn turns revolution revolutions', is: '2 * pi * rad' },

  // Speed
  { names: 'mph', is: 'mi / h' },
  { names: 'kph kmh kmph', is: 'km / h' },
  { names: 'kn knot knots kt', is: 'nmi / h' },

  // Force, pressure, energy, power
  { names: 'N newton newtons', is: 'kg m / s^2', prefixes: 'si' },
  { names: 'dyn dyne dynes', is: '1e-5 N' },
  { names: 'kgf kilogramforce kp', is: '9.80665 N' },
  { names: 'lbf poundforce', is: '9.80665 lb m / s^2' },
  { names: 'kip kips', is: '1000 lbf' },
  { names: 'Pa pascal pascals', is: 'N / m^2', prefixes: 'si' },
  { names: 'bar bars', is: '1e5 Pa', prefixes: 'si' },
  { names: 'atm atmosphere atmospheres', is: '101325 Pa' },
  { names: 'psi', is: 'lbf / inch^2' },
  { names: 'torr Torr', is: 'atm / 760' },
  { names: 'mmHg', is: '133.322387415 Pa' },
  { names: 'inHg', is: '25.4 mmHg' },
  { names: 'J joule joules', is: 'N m', prefixes: 'si' },
  { names: 'erg ergs', is: '1e-7 J' },
  { names: 'Wh watthour watthours', is: '3600 J', prefixes: 'si' },
  { names: 'cal calorie calories', is: '4.184 J', prefixes: 'si' },
  { names: 'BTU Btu', is: '1055.05585262 J' },
  { names: 'therm therms', is: '1e5 BTU' },
  { names: 'eV electronvolt electronvolts', is: '1.602176634e-19 J', prefixes: 'si' },
  { names: 'W watt watts', is: 'J / s', prefixes: 'si' },
  { names: 'hp horsepower', is: '550 ft lbf / s' },

  // Electricity, light, chemistry, radiation
  { names: 'C coulomb coulombs', is: 'A s', prefixes: 'si' },
  { names: 'Ah amperehour amperehours', is: '3600 C', prefixes: 'si' },
  { names: 'V volt volts', is: 'W / A', prefixes: 'si' },
  { names: 'ohm ohms Ω Ohm', is: 'V / A', prefixes: 'si' },
  { names: 'S siemens', is: 'A / V', prefixes: 'si' },
  { names: 'F farad farads', is: 'C / V', prefixes: 'si' },
  { names: 'H henry henries henrys', is: 'V s / A', prefixes: 'si' },
  { names: 'Wb weber webers', is: 'V s', prefixes: 'si' },
  { names: 'T tesla teslas', is: 'Wb / m^2', prefixes: 'si' },
  { names: 'G gauss', is: '1e-4 T' },
  { names: 'P poise', is: '0.1 Pa s', prefixes: 'si' },
  { names: 'Gy gray grays', is: 'J / kg', prefixes: 'si' },
  { names: 'Sv sievert sieverts', is: 'J / kg', prefixes: 'si' },
  { names: 'Ci curie curies', is: '3.7e10 Bq', prefixes: 'si' },

  // Information
  { names: 'B byte bytes', is: '8 bit', prefixes: 'si and binary' },
];

export const siPrefixes: Readonly<Record<string, string>> = {
  ...{
    Q: '1e30',
    R: '1e27',
    Y: '1e24',
    Z: '1e21',
    E: '1e18',
    P: '1e15',
    T: '1e12',
    G: '1e9',
    M: '1e6',
    k: '1e3',
  },
  ...{ h: '1e2', da: '1e1', d: '1e-1', c: '1e-2', m: '1e-3', µ: '1e-6', μ: '1e-6', u: '1e-6', n: '1e-9' },
  ...{ p: '1e-12', f: '1e-15', a: '1e-18', z: '1e-21', y: '1e-24', r: '1e-27', q: '1e-30' },
  ...{ giga: '1e9', mega: '1e6', kilo: '1e3', hecto: '1e2', deca: '1e1', deci: '1e-1', centi: '1e-2' },
  ...{ milli: '1e-3', micro: '1e-6', nano: '1e-9', pico: '1e-12', tera: '1e12' },
};

export const binaryPrefixes: Readonly<Record<string, string>> = {
  ...{ Ki: '1024', Mi: '1048576', Gi: '1073741824', Ti: '1099511627776', Pi: '1125899906842624' },
  ...{ kibi: '1024', mebi: '1048576', gibi: '1073741824', tebi: '1099511627776' },
};

/** Fields of a schema in words. */
import { z } from 'zod';

export interface Field {
  /** Where it stands: `relatives[].id`. */
  readonly name: string;
  readonly type: string;
  readonly note: string;
}

/** What is used of a JSON Schema, as zod makes it. */
interface Schema {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly maxItems?: number;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly additionalProperties?: Schema | false;
}

/** The fields of an object, those of objects within it after it; for a choice of objects those of each. */
export function fieldsOf(schema: z.ZodType, io: 'input' | 'output'): readonly Field[] {
  return below('', z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Schema);
}

function below(path: string, schema: Schema): readonly Field[] {
  const choices = choicesOf(schema);
  if (choices !== undefined) return choices.flatMap((choice) => below(path, choice));
  if (schema.items !== undefined) return below(`${path}[]`, schema.items);
  return Object.entries(schema.properties ?? {}).flatMap(([key, field]) => {
    const name = path === '' ? key : `${path}.${key}`;
    const optional = schema.required?.includes(key) === true ? '' : ', optional';
    return [
      { name, type: `${typeOf(field)}${optional}`, note: field.description ?? '' },
      ...below(name, field),
    ];
  });
}

function choicesOf({ anyOf, oneOf }: Schema): readonly Schema[] | undefined {
  return anyOf ?? oneOf;
}

function typeOf(schema: Schema): string {
  const choices = choicesOf(schema);
  if (schema.title !== undefined) return schema.title;
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (choices !== undefined) return choices.map(typeOf).join(' or ');
  if (schema.items !== undefined) {
    const most = schema.maxItems === undefined ? '' : `at most ${schema.maxItems} `;
    return `list of ${most}${schema.items.properties === undefined ? `(${typeOf(schema.items)})` : 'objects'}`;
  }
  if (schema.additionalProperties) return `${typeOf(schema.additionalProperties)} by name`;
  return schema.type ?? 'anything';
}

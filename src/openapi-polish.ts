import type { OpenAPIObject } from '@nestjs/swagger';

type Paths = OpenAPIObject['paths'];
type Call = NonNullable<Paths[string]['get']>;
type Body = Extract<NonNullable<Call['requestBody']>, { content: unknown }>;
type Schemas = NonNullable<OpenAPIObject['components']>['schemas'];
type Parameter = NonNullable<Call['parameters']>[number];

/** They mean the same in every call that has them. */
const PATH_PARAMETERS: Record<string, string> = {
  id: 'Id or name of the sandbox.',
  cmdId: 'Id of the command.',
};

/** What is made of comments and types, as readers of the document and users of Swagger UI want it. */
export function polished(paths: Paths): Paths {
  return Object.fromEntries(
    Object.entries(paths).map(([path, item]) => [
      path,
      Object.fromEntries(Object.entries(item).map(([method, call]) => [method, polishedCall(call as Call)])),
    ]),
  );
}

/** The first sentence is the summary, without Markdown, which has no place there; the others are the description. */
function polishedCall(call: Call): Call {
  const { summary = '', description, parameters, requestBody } = call;
  const [, first, rest] = /^(.+?\.)\s+(.+)$/s.exec(summary) ?? ['', summary, ''];
  const sentences = [rest.replace(/\s+/g, ' '), description].filter(Boolean);
  return {
    ...call,
    summary: first.replace(/\s+/g, ' ').replaceAll('`', ''),
    ...(sentences.length > 0 ? { description: sentences.join('\n\n') } : {}),
    parameters: parameters?.map(polishedParameter),
    ...(requestBody && 'content' in requestBody ? { requestBody: polishedBody(requestBody) } : {}),
  };
}

/** Swagger UI fills in an example and sends it: good where something must be given, wrong for what may be left out. */
function polishedParameter(parameter: Parameter): Parameter {
  if (!('in' in parameter)) return parameter;
  const { in: place, name, required, schema } = parameter;
  const description = parameter.description ?? (place === 'path' ? PATH_PARAMETERS[name] : undefined);
  if (required || !schema || !('example' in schema)) return { ...parameter, description };
  const { example, ...others } = schema as Record<string, unknown>;
  return { ...parameter, description: `${description ?? ''} Example: \`${String(example)}\``.trim(), schema: others };
}

/** Nest gives every type of a body the same schema: one of all. JSON is what has a name, bytes are what is binary. */
function polishedBody({ content, ...body }: Body): Body {
  const named = (type: string, { schema, ...media }: Body['content'][string]) => {
    const all = schema && 'oneOf' in schema ? (schema.oneOf ?? []) : [];
    const fits = all.filter((one) => '$ref' in one === (type === 'application/json'));
    return [type, { ...media, schema: all.length > 0 && fits.length === 1 ? fits[0] : schema }];
  };
  return {
    ...body,
    content: Object.fromEntries(Object.entries(content).map(([type, media]) => named(type, media))) as Body['content'],
  };
}

/** In `@example "a\n"` the swagger plugin takes the escape for two characters. */
export function unescaped(schemas: Schemas): Schemas {
  for (const schema of Object.values(schemas ?? {}))
    for (const member of Object.values(('properties' in schema && schema.properties) || {}))
      if ('example' in member && typeof member.example === 'string') member.example = unescape(member.example);
  return schemas;
}

function unescape(text: string): string {
  return text.replace(/\\([nrt\\])/g, (_, letter: string) => ({ n: '\n', r: '\r', t: '\t' })[letter] ?? letter);
}

import { html } from 'hono/html';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly description: string;
  readonly schema: { readonly type: string; readonly enum?: readonly string[]; readonly default?: unknown };
}

interface Answer {
  readonly description: string;
  readonly content?: Readonly<Record<string, unknown>>;
}

/** The parts of an OpenAPI document that its page shows. */
export interface DescribedApi {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<
    Record<
      string,
      {
        readonly get: {
          readonly summary: string;
          readonly parameters: readonly Parameter[];
          readonly responses: Readonly<Record<string, Answer>>;
        };
      }
    >
  >;
  readonly components: { readonly responses: Readonly<Record<string, Answer>> };
}

/** An OpenAPI document for people: its operations, without a script. */
export function apiPage({ info, servers, paths, components }: DescribedApi): ReturnType<typeof html> {
  return html`<p>${info.description} Version ${info.version}, at <code>${servers[0]?.url ?? ''}</code>.</p>
${Object.entries(paths).map(
  ([path, { get }]) => html`<section><h2><code>GET ${path}</code></h2>
<p>${get.summary}.</p>
<table><tr><th>parameter</th><th>in</th><th>meaning</th></tr>${get.parameters.map(
    (parameter) =>
      html`<tr><td><code>${parameter.name}</code></td><td>${parameter.in}</td><td>${parameter.description} ${valuesOf(parameter)}</td></tr>`,
  )}</table>
<p>Media types of the answer: ${typesOf(get.responses['200']).join(', ')}.</p></section>`,
)}
<section><h2>Errors</h2>
<table><tr><th>status</th><th>meaning</th></tr>${Object.entries(components.responses).map(
    ([status, { description }]) => html`<tr><td>${status}</td><td>${description}</td></tr>`,
  )}</table></section>`;
}

function typesOf(answer: Answer | undefined): string[] {
  return Object.keys(answer?.content ?? {});
}

function valuesOf({ schema }: Parameter): string {
  const values = schema.enum === undefined ? schema.type : schema.enum.join(' or ');
  return schema.default === undefined ? `(${values})` : `(${values}; by default ${String(schema.default)})`;
}

// Checks responses against the service's own OpenAPI document.
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

type Header = { $ref?: string; required?: boolean }
type Response = { headers?: Record<string, Header>; content?: Record<string, object> }
type Operation = { responses: Record<string, Response> }
type Document = {
  paths: Record<string, Record<string, Operation>>
  components: { headers: Record<string, Header> }
}
type Received = { status: number; headers: Headers; body: unknown }
export type Contract = ReturnType<typeof createContract>

/** Headers that any response may have without being documented; test/http/headers.test.ts covers them. */
const general =
  /^(connection|keep-alive|date|content-(type|length|security-policy)|transfer-encoding|vary|referrer-policy|x-(content-type|frame)-options|access-control-.*)$/

/** Returns a function that checks one response. */
export function createContract(document: Document) {
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  ajv.addSchema(document, 'openapi')
  const templates = Object.keys(document.paths).map((template) => ({
    template,
    pattern: new RegExp(`^${template.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
  }))

  /** @throws {Error} when the document lacks the status, a header, the media type or the body's schema. */
  return (method: string, path: string, { status, headers, body }: Received): void => {
    const template = templates.find(({ pattern }) => pattern.test(path))?.template ?? ''
    const verb = method === 'HEAD' ? 'get' : method.toLowerCase()
    const responses = document.paths[template]?.[verb]?.responses
    // Requests without an operation get 404, 405 or the response to OPTIONS: see test/http/conventions.test.ts.
    if (!responses) return
    const fail = (fault: string): never => {
      throw new Error(`${method} ${path} ${status}: ${fault}`)
    }
    const response = responses[status] ?? fail('the status is not documented')
    checkHeaders(response.headers ?? {}, headers, fail)
    if (method === 'HEAD') return

    const type = headers.get('Content-Type')?.replace('application/json; charset=utf-8', 'application/json')
    const documented = Object.keys(response.content ?? {})
    if (type === undefined ? documented.length > 0 : !documented.includes(type))
      fail(`the type ${type} is not documented`)
    if (!type?.includes('json')) return
    const steps = ['paths', template, verb, 'responses', String(status), 'content', type, 'schema']
    const validate = ajv.getSchema(`openapi#/${steps.map(escapeStep).join('/')}`)
    if (!validate?.(body)) fail(ajv.errorsText(validate?.errors))
  }

  function checkHeaders(
    documented: Record<string, Header>,
    headers: Headers,
    fail: (fault: string) => never,
  ) {
    for (const [name, header] of Object.entries(documented)) {
      const { required } = header.$ref ? (document.components.headers[name] ?? {}) : header
      if (required && !headers.has(name)) fail(`the header ${name} is missing`)
    }
    const names = Object.keys(documented).map((name) => name.toLowerCase())
    for (const name of headers.keys())
      if (!names.includes(name) && !general.test(name)) fail(`the header ${name} is not documented`)
  }
}

/** RFC 6901, section 6: a JSON pointer in a fragment. */
const escapeStep = (step: string) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))

/** All services of a run have the same document, so it is read once. */
let shared: Promise<Contract> | undefined

/** Rejects when the OpenAPI document of the service does not allow the response. */
export async function checkContract(target: { url: string }, method: string, url: URL, response: Received) {
  shared ??= fetch(new URL('/openapi.json', target.url))
    .then((response) => response.json())
    .then((document) => createContract(document as Document))
  const check = await shared
  check(method, url.pathname, response)
}

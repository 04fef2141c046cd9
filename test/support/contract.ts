// Holds every answer against the service's own OpenAPI document.
import { Ajv2020 } from 'ajv/dist/2020.js'

type Responses = Record<string, { content?: Record<string, object> }>
type Document = { paths: Record<string, Record<string, { responses: Responses }>> }
type Received = { status: number; headers: Headers; body: unknown }
export type Contract = ReturnType<typeof createContract>

/** The contract that this document makes; formats are left to the tests of the features. */
export function createContract(document: Document) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema(document, 'openapi')
  const templates = Object.keys(document.paths).map((template) => ({
    template,
    pattern: new RegExp(`^${template.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`),
  }))

  /** @throws {Error} for a status, a media type or a body that the document does not have. */
  return (method: string, path: string, { status, headers, body }: Received): void => {
    const template = templates.find(({ pattern }) => pattern.test(path))?.template
    const verb = method === 'HEAD' ? 'get' : method.toLowerCase()
    const responses = template && document.paths[template]?.[verb]?.responses
    // What has no operation is 404, 405 or the answer to OPTIONS: test/http.test.ts has them.
    if (!template || !responses) return
    const answer = `${method} ${path} ${status}`
    const response = responses[status]
    if (!response) throw new Error(`${answer}: the status is not documented`)
    const type = headers.get('Content-Type')?.replace('application/json; charset=utf-8', 'application/json')
    const documented = Object.keys(response.content ?? {})
    if (type === undefined ? documented.length > 0 && method !== 'HEAD' : !documented.includes(type))
      throw new Error(`${answer}: ${type} is not documented`)
    if (type === undefined || !type.includes('json') || method === 'HEAD') return
    const steps = ['paths', template, verb, 'responses', String(status), 'content', type, 'schema']
    const validate = ajv.getSchema(`openapi#/${steps.map(escapeStep).join('/')}`)
    if (!validate?.(body)) throw new Error(`${answer}: ${ajv.errorsText(validate?.errors)}`)
  }
}

/** RFC 6901, section 6: a JSON pointer in a fragment. */
const escapeStep = (step: string) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))

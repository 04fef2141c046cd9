// Compares the responses on a connection with what a strict reading of the sent bytes allows.
import type { Exchanged } from './exchange.ts'
import type { Reading, ReadRequest } from './framing.ts'
import { parseResponses, type Received } from './responses.ts'
import type { Operation } from './valid.ts'

export type Judgement = {
  faults: string[]
  /** Responses of the app, and responses to bytes that the parser refused. */
  served: number
  refused: number
  /** Whether some of the responses may have been lost, because the client left. */
  uncertain: boolean
}

/** What a parser responds to bytes that are no request. */
const refusals = [400, 408, 413, 417, 431, 501, 505]

export function judge(
  reading: Reading,
  { bytes, end }: Exchanged,
  operations: readonly Operation[],
): Judgement {
  const { requests, rest } = reading
  const isPartial = rest === 'incomplete' || requests.at(-1)?.body === 'incomplete'
  const judgement: Judgement = { faults: [], served: 0, refused: 0, uncertain: isPartial || end === 'stream' }
  if (end === 'stream') return judgement
  const fault = (text: string) => judgement.faults.push(text)
  if (end === 'timeout') fault('the connection is not closed')
  let responses: Received[]
  try {
    responses = parseResponses(bytes, (index, headers) => isAnswerToHead(requests[index], headers))
  } catch (error) {
    fault((error as Error).message)
    return judgement
  }
  for (const [index, response] of responses.entries()) {
    const request = requests[index]
    const isRefusal = !isAnswerTo(request, response)
    if (isRefusal) judgement.refused++
    else judgement.served++
    for (const found of isRefusal
      ? faultsOfRefusal(request, response, index === responses.length - 1, rest, requests[index - 1]?.lenient)
      : faultsOfAnswer(request, response, operations))
      fault(found)
  }
  const isOver = responses.at(-1)?.last === true || isPartial
  if (responses.length < requests.length && !isOver)
    fault(`${requests.length} requests, ${responses.length} responses`)
  if (rest === 'refused' && !responses.at(-1)?.last) fault('invalid bytes are not refused')
  return judgement
}

/** An answer repeats the request's id; without one, the app creates it, and the connection stays open. */
function isAnswerTo(request: ReadRequest | undefined, { headers, last, status, body }: Received): boolean {
  if (!request) return false
  if (request.id !== undefined) return headers.get('X-Request-Id') === request.id
  return !(last && refusals.includes(status) && /not a valid HTTP|exceed 16 KiB|chunk extensions/.test(body))
}

/** A refusal has a body and ends the connection, although the bytes look like HEAD. */
function isAnswerToHead(request: ReadRequest | undefined, headers: Headers): boolean {
  if (request?.method !== 'HEAD') return false
  if (request.id !== undefined) return request.id === headers.get('X-Request-Id')
  return !request.lenient || headers.get('Connection') !== 'close'
}

function faultsOfRefusal(
  request: ReadRequest | undefined,
  { status, headers, last, body }: Received,
  isLast: boolean,
  rest: Reading['rest'],
  isAfterLenient = false,
): string[] {
  const id = headers.get('X-Request-Id')
  return [
    ...(id?.includes('smuggled') ? ['a smuggled request is answered'] : []),
    // The body of a lenient request may end elsewhere.
    ...(request && !request.lenient && !isAfterLenient && request.body === 'complete'
      ? [
          `a valid request is refused with ${status}, or the response belongs to another: ${body.slice(0, 200)}`,
        ]
      : []),
    ...(!request && rest === 'nothing' ? [`a response without a request: ${status}`] : []),
    ...(refusals.includes(status) ? [] : [`bytes that are no request get ${status}`]),
    ...(last && isLast ? [] : [`the connection stays open after ${status}`]),
  ]
}

function faultsOfAnswer(
  request: ReadRequest | undefined,
  { status }: Received,
  operations: readonly Operation[],
): string[] {
  if (!request) return []
  const faults = status >= 500 ? [`${status}`] : []
  const hosts = request.fields.get('host') ?? []
  if (request.version === '1.1' && hosts.length !== 1 && status !== 400)
    faults.push(`${hosts.length} Host headers get ${status}`)
  const path = /^\/[^?#]*/.exec(request.target)?.[0]
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const operation = operations.find((each) => each.method === method && matches(each.path, path))
  // 400 is that of a malformed Host, 413 and 415 those of any body.
  if (operation && ![...operation.statuses, 400, 413, 415].includes(status))
    faults.push(`${method} ${operation.path}: ${status} is not documented`)
  return faults
}

const matches = (template: string, path = '') =>
  new RegExp(`^${template.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}$`).test(path)

// Random changes of valid requests.
import type { Random } from '../../random.ts'

/** Changes a text of Latin-1 characters, which stand for bytes. */
export function mutate(random: Random, text: string): string {
  let mutated = text
  for (let count = 1 + Math.floor(random.next() * 3); count > 0; count--)
    mutated = random.pick(mutations)(random, mutated)
  return mutated
}

type Mutation = (random: Random, text: string) => string

const bytes = [
  ...'\0\t\n\v\r ,;:/?%"\\{}[]()<>@=+-_~',
  'GET',
  '\r\n',
  '\n',
  '\r',
  '\r\n ',
  '\x7f',
  '\x80',
  '\xff',
  '\xc3\x28',
  'a',
  '0',
  '9',
]
const fields = [
  'Content-Length: 0',
  'Content-Length: 5',
  'Content-Length: 05',
  'Content-Length: +1',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding : chunked',
  'Connection: close',
  'Connection: keep-alive',
  'Connection: Upgrade',
  'Upgrade: h2c',
  'Expect: 100-continue',
  'Expect: x',
  'Host: evil.example',
  'Host:',
  'Accept: text/html',
  'Accept: application/json;q=0',
  'Authorization: Bearer x',
  'Content-Type: text/plain',
  'Content-Type: application/x-www-form-urlencoded',
  'Content-Encoding: gzip',
  'If-Match: "1"',
  'If-None-Match: *',
  'Idempotency-Key: 1',
  'Origin: http://evil.example',
  'X-Forwarded-Host: evil.example',
  'Range: bytes=0-1',
  ' folded',
  'X: \0',
  'X: \x01',
  'no colon',
]
const methods = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'OPTIONS',
  'TRACE',
  'QUERY',
  'PROPFIND',
  'FROB',
  'get',
  '',
]

const place = (random: Random, text: string) => Math.floor(random.next() * (text.length + 1))
const splice = (text: string, at: number, removed: number, added: string) =>
  text.slice(0, at) + added + text.slice(at + removed)

/** The places after each line end in the first headers. */
function lineStarts(text: string): number[] {
  const head = text.slice(0, Math.max(text.indexOf('\r\n\r\n'), 0) + 2)
  return [...head.matchAll(/\r\n/g)].map(({ index }) => index + 2)
}

const mutations: Mutation[] = [
  (random, text) => splice(text, place(random, text), 0, random.pick(bytes)),
  (random, text) => splice(text, place(random, text), 1, random.pick(bytes)),
  (random, text) => splice(text, place(random, text), 1 + Math.floor(random.next() * 5), ''),
  (random, text) => text.slice(0, place(random, text)),
  (random, text) => {
    const at = place(random, text)
    return splice(text, at, 0, text.slice(at, at + Math.floor(random.next() * 200)))
  },
  (random, text) => splice(text, random.pick([0, ...lineStarts(text)]), 0, `${random.pick(fields)}\r\n`),
  (random, text) => splice(text, random.pick([0, ...lineStarts(text)]), 0, `${random.pick(fields)}\r\n`),
  (random, text) => text.replace(/\r\n/, random.pick(['\n', '\r', '\r\r\n', '\n\r', '\0\r\n'])),
  (random, text) => text.replace(/^\S+/, random.pick(methods)),
  (random, text) =>
    text.replace('HTTP/1.1', random.pick(['HTTP/1.0', 'HTTP/1.2', 'HTTP/2.0', 'http/1.1', 'HTTP/11', ''])),
  (random, text) =>
    text.replace(
      / \S+ HTTP/,
      ` ${random.pick(['*', '//', 'http://a/livez', '/%', '/%00', '/..%2f', 'x', '/\xff', '/a b'])} HTTP`,
    ),
  (random, text) => text.replace(/(Content-Length: )\d+/i, `$1${Math.floor(random.next() * 40)}`),
  (random, text) =>
    text.replace(/([0-9a-f]+)\r\n(?=[{"])/i, `${Math.floor(random.next() * 20).toString(16)}\r\n`),
]

// The parts of hand-written cases.

/** In the text, `@` stands for the id of the case. */
export type Case = { name: string; text: string }

export const toCases = (texts: [name: string, text: string][]): Case[] =>
  texts.map(([name, text]) => ({ name, text }))

/** A request that only a wrong reading of the bytes contains. */
export const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: smuggled-@\r\n\r\n'
export const common = 'Host: localhost\r\nX-Request-Id: @'

export const get = (fields = '', target = '/livez', version = 'HTTP/1.1') =>
  `GET ${target} ${version}\r\n${common}\r\n${fields}\r\n`
export const post = (fields: string, body = '') =>
  `POST /api/login HTTP/1.1\r\n${common}\r\nContent-Type: application/json\r\n${fields}\r\n${body}`
export const chunked = (body: string, field = 'Transfer-Encoding: chunked') => post(`${field}\r\n`, body)
export const lengthOf = (body: string) => `Content-Length: ${body.length}\r\n`

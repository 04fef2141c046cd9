// The texts of requests, prepared once and sent many times.

/** The text of a GET request. */
export const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`

/** The text of a POST request with a JSON body. */
export function post(path: string, json: object, token?: string): string {
  const body = JSON.stringify(json)
  const authorization = token ? `\r\nAuthorization: Bearer ${token}` : ''
  const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json${authorization}`
  return `${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

// Sends bytes that no HTTP client would, and reads what comes back.
import { connect } from 'node:net'
import type { Target } from './client.ts'

/** The whole of what the service sends before it closes the connection. */
export function exchange(target: Target, request: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(target.url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(request))
    let answer = ''
    socket.setEncoding('utf8').setTimeout(10_000, () => socket.destroy(new Error(`No end: ${answer}`)))
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('error', reject)
    socket.on('end', () => resolve(answer))
  })
}

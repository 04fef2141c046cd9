import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below what systems hand out for port 0 and for outgoing connections, so that nobody gets it meanwhile. */
const first = 20_000
const last = 32_000

/** A port that was free a moment ago, for programs that cannot choose one and say which. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + Math.floor(Math.random() * (last - first))
    if (await canListen(port)) return port
  }
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}

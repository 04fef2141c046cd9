import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the ports that systems choose for port 0 and outgoing connections, so that no process gets one meanwhile. */
const first = 20_000
const last = 32_000

/** Returns a free port, for programs that cannot choose one themselves. */
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

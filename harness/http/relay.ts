// A TCP relay before a server, so that a test can take the server away, slow it down and bring it back.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Relays connections to a server of this machine, at a port of its own once `start` has been called. */
export function createRelay(targetPort: number) {
  const sockets = new Set<Socket>()
  let port = 0
  let silent = false
  let delayMs = 0
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1')
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk) => {
        if (silent) return
        if (delayMs > 0) setTimeout(() => to.write(chunk), delayMs)
        else to.write(chunk)
      })
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
  })
  return {
    port: () => port,
    start: async () => {
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      port = (server.address() as AddressInfo).port
    },
    /** Refuses connections and breaks those there are. */
    stop: async () => {
      const closed = server.listening && once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
    /** Everything takes this much longer, each way; set it while nothing is under way. */
    delay: (ms: number) => {
      delayMs = ms
    },
    /** Accepts and keeps connections, but nothing gets through, as behind a cut cable. */
    silence: (value: boolean) => {
      silent = value
    },
  }
}

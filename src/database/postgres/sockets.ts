// The sockets of all connections to PostgreSQL: they notice a server that vanished, and can be closed at once.
import { Socket } from 'node:net'

/** Detects a server that vanished. Longer than any statement may take, because a running statement is silent. */
const silenceTimeoutMs = 12_000

export function createSockets() {
  const open = new Set<Socket>()
  return {
    /** A socket for the `stream` option of `pg`, with a limit on silence; connections that only listen have none. */
    create: (limitMs = silenceTimeoutMs): Socket => {
      const socket = new Socket()
      if (limitMs > 0)
        socket.setTimeout(limitMs, () => socket.destroy(new Error('The database fell silent.')))
      open.add(socket)
      socket.once('close', () => open.delete(socket))
      return socket
    },
    destroyAll: () => {
      for (const socket of open) socket.destroy()
    },
  }
}

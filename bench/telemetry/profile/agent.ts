// Loaded before the service: profiles it between the messages `start profile` and `stop profile` of its parent.
import { Session } from 'node:inspector/promises'

const intervalUs = 200
const session = new Session()

process.on('message', async (message) => {
  if (message === 'start profile') {
    session.connect()
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: intervalUs })
    await session.post('Profiler.start')
    process.send?.({ profiling: true })
  }
  if (message === 'stop profile') {
    process.send?.(await session.post('Profiler.stop'))
    session.disconnect()
  }
})

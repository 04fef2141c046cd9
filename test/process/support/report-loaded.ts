// Loaded before the service: replies to its parent's message `loaded` with what this process has loaded so far.
import { registerHooks } from 'node:module'

const urls: string[] = []
registerHooks({
  load(url, context, nextLoad) {
    urls.push(url)
    return nextLoad(url, context)
  },
})
process.on('message', (message) => {
  // Not documented; it is the only list of Node's own modules.
  const { moduleLoadList } = process as typeof process & { moduleLoadList: string[] }
  if (message === 'loaded') process.send?.([...urls, ...moduleLoadList])
})
process.channel?.unref()

// Divides a CPU profile of the service among the parts of its telemetry.
import type { Profiler } from 'node:inspector'

/** The first part whose pattern the URL or function name of a frame matches. */
const parts: [part: string, url: RegExp, functionName?: RegExp][] = [
  ['scrapes', /\/otel\/pull\/|exporter-prometheus/],
  ['runtime metrics', /\/otel\/runtime|instrumentation-runtime-node/],
  ['SDK: hash of the attributes', /sdk-metrics/, /^(hashAttributes|_hash)$/],
  ['SDK: everything else', /sdk-metrics/],
  ['instrumentation-http', /@opentelemetry\//],
  ['attributes of the request duration', /\/otel\/|\/lib\/http-attributes/],
  ['active requests and body sizes', /\/src\/http\/request-metrics/],
  ['database statements', /\/src\/database\/instrumentation\//],
  ['our instruments', /\/src\/metrics\//],
]
export const partNames = parts.map(([part]) => part)
export const garbageCollection = 'garbage collection, of everything'

/**
 * Returns the share of each part in the time that the process was busy. Node's own frames and built-in functions belong to
 * the part that called them; all other frames without a part belong to the service.
 */
export function sharesOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Map<string, number> {
  const partOf = new Map<number, string>()
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const assign = (node: Profiler.ProfileNode, parent: string) => {
    const part = classify(node.callFrame, parent)
    partOf.set(node.id, part)
    for (const id of node.children ?? []) {
      const child = byId.get(id)
      if (child) assign(child, part)
    }
  }
  const [root] = nodes
  if (root) assign(root, 'service')

  const times = new Map<string, number>()
  let busy = 0
  for (const [index, id] of samples.entries()) {
    const part = partOf.get(id) ?? 'service'
    if (part === 'idle') continue
    const time = timeDeltas[index + 1] ?? 0
    busy += time
    times.set(part, (times.get(part) ?? 0) + time)
  }
  return new Map(Array.from(times, ([part, time]) => [part, time / busy]))
}

function classify({ url, functionName }: Profiler.ProfileNode['callFrame'], parent: string): string {
  if (functionName === '(idle)') return 'idle'
  if (functionName === '(garbage collector)') return garbageCollection
  // A collection runs the code of all other parts.
  if (parent === 'scrapes' || url === '' || url.startsWith('node:')) return parent
  const part = parts.find(([, urls, names]) => urls.test(url) && (names?.test(functionName) ?? true))
  return part?.[0] ?? 'service'
}

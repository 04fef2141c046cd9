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
 * Returns the share of each part in the samples in which the process was busy. Node's own frames and built-in functions belong to
 * the part that called them; all other frames without a part belong to the service.
 */
export function sharesOf({ nodes, samples = [] }: Profiler.Profile): Map<string, number> {
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

  // Samples are counted, not timed: a sample that was late, because another process had the CPU, says nothing of its frame.
  const counts = Map.groupBy(samples, (id) => partOf.get(id) ?? 'service')
  const busy = samples.length - (counts.get('idle')?.length ?? 0)
  return new Map(Array.from(counts, ([part, counted]) => [part, counted.length / busy]))
}

function classify({ url, functionName }: Profiler.ProfileNode['callFrame'], parent: string): string {
  if (functionName === '(idle)') return 'idle'
  if (functionName === '(garbage collector)') return garbageCollection
  // A collection runs the code of all other parts.
  if (parent === 'scrapes' || url === '' || url.startsWith('node:')) return parent
  const part = parts.find(([, urls, names]) => urls.test(url) && (names?.test(functionName) ?? true))
  return part?.[0] ?? 'service'
}

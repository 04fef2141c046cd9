/** The headers that Prometheus sends. */
const headers = {
  Accept: 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1',
  'Accept-Encoding': 'gzip',
}

/** Returns the exposition of a pull endpoint. */
export async function scrape(url: string): Promise<string> {
  const response = await fetch(url, { headers })
  if (!response.ok) throw new Error(`${url}: ${response.status}`)
  return response.text()
}

/** @throws {Error} that lists the service's metrics whose name or labels differ between two expositions */
export function checkSameMetrics(one: string, other: string): void {
  const [names, otherNames] = [metricsOf(one), metricsOf(other)]
  const different = [...new Set([...names, ...otherNames])].filter(
    (name) => !names.has(name) || !otherNames.has(name),
  )
  if (different.length > 0) throw new Error(`Only one of two variants has:\n${different.join('\n')}`)
}

/** The metrics of the service itself, each with the names of its labels. */
function metricsOf(exposition: string): Set<string> {
  const labelsOf = new Map<string, Set<string>>()
  for (const [, name = '', labels = ''] of exposition.matchAll(
    /^((?:http|db|microposts)_\w+)(?:\{(.*)\})? /gm,
  )) {
    if (name.startsWith('microposts_scrape_')) continue
    const known = labelsOf.get(name) ?? new Set()
    labelsOf.set(name, known)
    for (const [, label = ''] of labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g))
      if (!label.startsWith('otel_scope_')) known.add(label)
  }
  return new Set([...labelsOf].map(([name, labels]) => `${name}{${[...labels].sort().join(', ')}}`))
}

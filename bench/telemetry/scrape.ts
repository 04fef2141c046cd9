/** What Prometheus asks for, in its words. */
const headers = {
  Accept: 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1',
  'Accept-Encoding': 'gzip',
}

/** The page of a pull endpoint. */
export async function scrape(url: string): Promise<string> {
  const answer = await fetch(url, { headers })
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`)
  return answer.text()
}

/** Throws an Error that names the metrics of the service which two pages do not have by the same name and labels. */
export function checkSameMetrics(page: string, other: string): void {
  const here = metricsOn(page)
  const there = metricsOn(other)
  const different = [
    ...here.filter((name) => !there.includes(name)),
    ...there.filter((name) => !here.includes(name)),
  ]
  if (different.length > 0) throw new Error(`Only one of two variants has:\n${different.join('\n')}`)
}

/** The service's own, each as its name and the names of its labels. */
function metricsOn(page: string): string[] {
  const labelsOf = new Map<string, Set<string>>()
  for (const [, name = '', labels = ''] of page.matchAll(/^((?:http|db|microposts)_\w+)(?:\{(.*)\})? /gm)) {
    if (name.startsWith('microposts_scrape_')) continue
    const known = labelsOf.get(name) ?? new Set()
    labelsOf.set(name, known)
    for (const [, label = ''] of labels.matchAll(/(\w+)="(?:[^"\\]|\\.)*"/g))
      if (!label.startsWith('otel_scope_')) known.add(label)
  }
  return [...labelsOf].map(([name, labels]) => `${name}{${[...labels].sort().join(', ')}}`)
}

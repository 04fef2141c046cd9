// deploy/kubernetes/monitoring and the files for Prometheus and Grafana without Kubernetes say the same.
import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { parse, stringify } from 'yaml'
import type { Json } from '../../../harness/http/client.ts'
import { requireProgram } from '../../../harness/programs/find.ts'
import { find, render } from './support/render.ts'

const readYaml = (path: string): Json => parse(readFileSync(path, 'utf8'))

it('scrapes as deploy/prometheus/prometheus.yml does, under the same job', (context) => {
  const kubectl = requireProgram('kubectl', context)
  const { global, scrape_configs } = readYaml('deploy/prometheus/prometheus.yml')
  const scrape = { ...global, ...scrape_configs.find(({ job_name }: Json) => job_name === 'microposts') }
  const { jobLabel, podMetricsEndpoints, ...others } = find(
    render(kubectl, 'monitoring').objects,
    'PodMonitor',
  ).spec
  const { labels } = find(render(kubectl, 'base').objects, 'Deployment').spec.template.metadata

  expect(labels[jobLabel]).toBe(scrape.job_name)
  expect(Object.keys(others)).toEqual(['selector'])
  expect(podMetricsEndpoints).toEqual([
    {
      port: 'metrics',
      path: scrape.metrics_path ?? '/metrics',
      interval: scrape.scrape_interval,
      scrapeTimeout: scrape.scrape_timeout,
      authorization: { type: 'Bearer', credentials: { name: 'microposts', key: 'METRICS_TOKEN' } },
    },
  ])
})

it('has the rules of deploy/prometheus/rules, and promtool accepts them', (context) => {
  const { spec } = find(render(requireProgram('kubectl', context), 'monitoring').objects, 'PrometheusRule')
  const files = globSync('deploy/prometheus/rules/*.yml').sort()
  expect(spec.groups).toEqual(files.flatMap((file) => readYaml(file).groups))

  const folder = mkdtempSync(join(tmpdir(), 'microposts-rules-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'rules.yml')
  writeFileSync(file, stringify(spec))
  const promtool = requireProgram('promtool', context)
  expect(execFileSync(promtool, ['check', 'rules', file], { encoding: 'utf8' })).toMatch(
    /SUCCESS: \d+ rules found/,
  )
})

it('has every dashboard, each with the label that the sidecar of Grafana looks for', (context) => {
  const { objects } = render(requireProgram('kubectl', context), 'monitoring')
  const files = globSync('deploy/grafana/dashboards/*.json')
  expect(files).not.toEqual([])
  const configMaps = objects.filter(({ kind }) => kind === 'ConfigMap')
  expect(configMaps.length).toBe(files.length)
  for (const file of files) {
    const { data, metadata } = find(objects, 'ConfigMap', `microposts-dashboard-${basename(file, '.json')}`)
    expect(metadata.labels).toMatchObject({ grafana_dashboard: '1' })
    expect(data).toEqual({ [basename(file)]: readFileSync(file, 'utf8') })
  }
})

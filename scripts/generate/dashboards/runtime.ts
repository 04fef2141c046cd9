import { dashboard, instance } from '../dashboard.ts'
import { graph } from '../panels.ts'
import { quantile, rate } from '../promql.ts'

const worst = (metric: string) => `max by (instance) (${metric}{${instance}})`
const sum = (metric: string, ...labels: string[]) =>
  `sum by (${['instance', ...labels].join(', ')}) (${metric}{${instance}})`
const versions = 'service_version, vcs_ref_head_revision, process_runtime_version'

export const runtime = () =>
  dashboard({
    name: 'runtime',
    title: 'Microposts: runtime',
    description:
      'Processor, memory, event loop and garbage collection of each process, and the cost of measuring.',
    variables: ['instance'],
    rows: {
      'Event loop': [
        graph({
          title: 'Utilisation',
          description:
            'Share of the time in which the loop runs callbacks rather than waits, the worst worker of each instance.',
          unit: 'percentunit',
          max: 1,
          limit: 0.9,
          queries: { '{{instance}}': `instance:nodejs_eventloop_utilization:ratio_rate5m{${instance}}` },
        }),
        graph({
          title: 'Delay',
          description:
            'How late timers come, since the scrape before. 10 ms is the resolution: an idle loop. The line is where the alert begins.',
          unit: 's',
          limit: 0.1,
          queries: {
            'p50 {{instance}}': worst('nodejs_eventloop_delay_p50_seconds'),
            'p99 {{instance}}': worst('nodejs_eventloop_delay_p99_seconds'),
          },
        }),
        graph({
          title: 'Longest delay',
          description: 'The longest single stall since the scrape before.',
          unit: 's',
          queries: { '{{instance}}': worst('nodejs_eventloop_delay_max_seconds') },
        }),
      ],
      'Processor and memory': [
        graph({
          title: 'Processor',
          description: 'Cores in use.',
          unit: 'short',
          stacked: true,
          queries: {
            '{{instance}} {{cpu_mode}}': rate(
              'process_cpu_time_seconds_total',
              instance,
              'instance',
              'cpu_mode',
            ),
          },
        }),
        graph({
          title: 'Memory of the process',
          description: 'Resident, as the system counts it.',
          unit: 'bytes',
          queries: { '{{instance}}': sum('process_memory_usage_bytes') },
        }),
        graph({
          title: 'Heap',
          description: 'Used, and taken from the system. Used that only grows is a leak.',
          unit: 'bytes',
          queries: {
            'used {{instance}}': sum('v8js_memory_heap_used_bytes'),
            'size {{instance}}': sum('v8js_memory_heap_space_size_bytes'),
          },
        }),
      ],
      'Garbage collection and handles': [
        graph({
          title: 'Time in collections',
          description: 'Share of the time by kind of collection.',
          unit: 'percentunit',
          stacked: true,
          queries: { '{{v8js_gc_type}}': rate('v8js_gc_duration_seconds_sum', instance, 'v8js_gc_type') },
        }),
        graph({
          title: 'Pauses, p99',
          description: 'The longest of a hundred collections, by kind.',
          unit: 's',
          queries: {
            '{{v8js_gc_type}}': quantile(0.99, 'v8js_gc_duration_seconds', instance, 'v8js_gc_type'),
          },
        }),
        graph({
          title: 'Handles',
          description: 'What keeps the loop busy: sockets, servers, timers.',
          unit: 'short',
          queries: {
            '{{v8js_resource_type}}': `sum by (v8js_resource_type) (v8js_resource_active{${instance}})`,
          },
        }),
      ],
      'The measuring itself': [
        graph({
          title: 'Scrapes, p95',
          description: 'Time until a page of metrics is written, and what Prometheus waits for it.',
          unit: 's',
          queries: {
            'page {{instance}}': quantile(0.95, 'microposts_scrape_duration_seconds', instance, 'instance'),
            'scrape {{instance}}': `max by (instance) (scrape_duration_seconds{${instance}})`,
          },
        }),
        graph({
          title: 'Size of a page',
          description: 'Before compression.',
          unit: 'bytes',
          queries: { '{{instance}}': worst('microposts_scrape_size_bytes') },
        }),
        graph({
          title: 'Failed scrapes',
          description: 'Answered with 503, a second.',
          unit: 'ops',
          queries: { '{{instance}}': rate('microposts_scrape_failures_total', instance, 'instance') },
        }),
        graph({
          title: 'Series',
          description: 'Samples of a scrape; each process has a ceiling (docs/metrics.md).',
          unit: 'short',
          queries: { '{{instance}}': `max by (instance) (scrape_samples_scraped{${instance}})` },
        }),
      ],
      Processes: [
        graph({
          title: 'Versions that run',
          description: 'Instances by version and commit: two during a deployment, one else.',
          unit: 'short',
          wide: true,
          stacked: true,
          queries: {
            '{{service_version}} {{vcs_ref_head_revision}} Node {{process_runtime_version}}': `count by (${versions}) (count by (instance, ${versions}) (microposts_build_info{${instance}}))`,
          },
        }),
        graph({
          title: 'Workers replaced',
          description: 'Workers that died and were replaced, in an hour; 0 where an instance is one process.',
          unit: 'short',
          wide: true,
          queries: {
            '{{instance}}': `sum by (instance) (increase(microposts_worker_restarted_total{${instance}}[1h]))`,
          },
        }),
      ],
    },
  })

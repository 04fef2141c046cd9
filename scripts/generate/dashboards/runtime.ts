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
      'Event loop, CPU, memory and garbage collection of each instance, and the cost of the metrics themselves.',
    variables: ['instance'],
    rows: {
      'Event loop': [
        graph({
          title: 'Utilization',
          description:
            'Share of time that the event loop runs callbacks instead of waiting, for the busiest worker of each instance.',
          unit: 'percentunit',
          max: 1,
          limit: 0.9,
          queries: { '{{instance}}': `instance:nodejs_eventloop_utilization:ratio_rate5m{${instance}}` },
        }),
        graph({
          title: 'Delay',
          description:
            'How late timers fire, since the previous scrape. An idle loop shows 10 ms, the resolution. The line is the threshold of the alert.',
          unit: 's',
          limit: 0.1,
          queries: {
            'p50 {{instance}}': worst('nodejs_eventloop_delay_p50_seconds'),
            'p99 {{instance}}': worst('nodejs_eventloop_delay_p99_seconds'),
          },
        }),
        graph({
          title: 'Longest delay',
          description: 'The longest single stall since the previous scrape.',
          unit: 's',
          queries: { '{{instance}}': worst('nodejs_eventloop_delay_max_seconds') },
        }),
      ],
      'CPU and memory': [
        graph({
          title: 'CPU',
          description: 'Cores in use, by mode.',
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
          title: 'Resident memory',
          description: 'Resident set size, as the operating system counts it.',
          unit: 'bytes',
          queries: { '{{instance}}': sum('process_memory_usage_bytes') },
        }),
        graph({
          title: 'Heap',
          description:
            'Memory used, and memory allocated from the system. Used memory that only grows indicates a leak.',
          unit: 'bytes',
          queries: {
            'used {{instance}}': sum('v8js_memory_heap_used_bytes'),
            'size {{instance}}': sum('v8js_memory_heap_space_size_bytes'),
          },
        }),
      ],
      'Garbage collection and active resources': [
        graph({
          title: 'Time in garbage collection',
          description: 'Share of time, by type of collection.',
          unit: 'percentunit',
          stacked: true,
          queries: { '{{v8js_gc_type}}': rate('v8js_gc_duration_seconds_sum', instance, 'v8js_gc_type') },
        }),
        graph({
          title: 'Garbage collection pauses, p99',
          description: '99 % of the pauses are shorter, by type of collection.',
          unit: 's',
          queries: {
            '{{v8js_gc_type}}': quantile(0.99, 'v8js_gc_duration_seconds', instance, 'v8js_gc_type'),
          },
        }),
        graph({
          title: 'Active resources',
          description: 'Sockets, servers, timers and other resources that keep the event loop alive.',
          unit: 'short',
          queries: {
            '{{v8js_resource_type}}': `sum by (v8js_resource_type) (v8js_resource_active{${instance}})`,
          },
        }),
      ],
      'Cost of the metrics': [
        graph({
          title: 'Scrape duration',
          description:
            'service: time to write the exposition (p95). Prometheus: time that the whole scrape took.',
          unit: 's',
          queries: {
            'service {{instance}}': quantile(
              0.95,
              'microposts_scrape_duration_seconds',
              instance,
              'instance',
            ),
            'Prometheus {{instance}}': `max by (instance) (scrape_duration_seconds{${instance}})`,
          },
        }),
        graph({
          title: 'Exposition size',
          description: 'Size of the last scrape before compression.',
          unit: 'bytes',
          queries: { '{{instance}}': worst('microposts_scrape_size_bytes') },
        }),
        graph({
          title: 'Failed scrapes',
          description: 'Scrapes per second that got a 503.',
          unit: 'ops',
          queries: { '{{instance}}': rate('microposts_scrape_failures_total', instance, 'instance') },
        }),
        graph({
          title: 'Samples per scrape',
          description: 'Each process has a maximum number of series (docs/metrics.md).',
          unit: 'short',
          queries: { '{{instance}}': `max by (instance) (scrape_samples_scraped{${instance}})` },
        }),
      ],
      Processes: [
        graph({
          title: 'Running versions',
          description: 'Instances by version and commit: two during a deployment, otherwise one.',
          unit: 'short',
          wide: true,
          stacked: true,
          queries: {
            '{{service_version}} {{vcs_ref_head_revision}} Node {{process_runtime_version}}': `count by (${versions}) (count by (instance, ${versions}) (microposts_build_info{${instance}}))`,
          },
        }),
        graph({
          title: 'Replaced workers',
          description: 'Workers that died and were replaced in the last hour. Always 0 if WORKERS is 1.',
          unit: 'short',
          wide: true,
          queries: {
            '{{instance}}': `sum by (instance) (increase(microposts_worker_restarted_total{${instance}}[1h]))`,
          },
        }),
      ],
    },
  })

import { dashboard, instance } from '../dashboard.ts'
import { graph, stat } from '../panels.ts'
import { nativeQuantiles } from '../promql.ts'
import { latencySeconds, objectives, streamRoute } from '../slo.ts'

const failed = 'job:http_server_requests_failed'
const slow = 'job:http_server_requests_slow'
const budgets = { availability: 1 - objectives.availability, latency: 1 - objectives.latency }
const timed = `${instance}, http_route!="", http_route!="${streamRoute}"`
const windows = ['1h', '6h', '1d', '3d']

const burn = (record: string, budget: number) =>
  Object.fromEntries(
    windows.map((window) => [window, `${record}:ratio_rate${window} / ${Number(budget.toPrecision(3))}`]),
  )

export const overview = () =>
  dashboard({
    name: 'overview',
    title: 'Microposts: overview',
    description:
      'Whether the service meets its objectives, how fast the error budgets burn, and how saturated each instance is.',
    variables: ['instance'],
    rows: {
      Now: [
        stat({
          title: 'Availability',
          description:
            'Share of the API requests of the last three days that did not fail with a 5xx. Red: below the objective.',
          unit: 'percentunit',
          decimals: 3,
          expr: `1 - ${failed}:ratio_rate3d`,
          red: objectives.availability,
          better: 'more',
        }),
        stat({
          title: 'Latency',
          description: `Share of the API requests of the last three days served within ${latencySeconds * 1000} ms. Red: below the objective.`,
          unit: 'percentunit',
          decimals: 2,
          expr: `1 - ${slow}:ratio_rate3d`,
          red: objectives.latency,
          better: 'more',
        }),
        stat({
          title: 'Requests',
          description: 'Requests per second that match a route.',
          unit: 'reqps',
          expr: 'sum(job_route:http_server_requests:rate5m)',
        }),
        stat({
          title: 'Instances',
          description: 'Instances whose metrics arrive, by scrape or by push.',
          unit: 'short',
          expr: 'count(count by (job, instance) (target_info{job="microposts"}))',
          red: 1,
          better: 'more',
        }),
        stat({
          title: 'Alerts',
          description: 'Firing alerts. docs/operations.md has a runbook for each.',
          unit: 'short',
          expr: 'count(ALERTS{alertname=~"Microposts.+", alertstate="firing"}) or vector(0)',
          red: 1,
        }),
        stat({
          title: 'Unapplied migrations',
          description: 'Migrations that the database lacks. An instance is not ready until all are applied.',
          unit: 'short',
          expr: 'max(microposts_migrations_unapplied{job="microposts"})',
          red: 1,
        }),
      ],
      'Error budgets (at a burn rate of 1 the budget lasts exactly 30 days)': [
        graph({
          title: 'Availability burn rate',
          description:
            'Over four windows. The line is at 14.4, which uses 2 % of the budget in an hour and pages.',
          unit: 'short',
          wide: true,
          limit: 14.4,
          queries: burn(failed, budgets.availability),
        }),
        graph({
          title: 'Latency burn rate',
          description:
            'Over four windows. The line is at 14.4, which uses 2 % of the budget in an hour and pages.',
          unit: 'short',
          wide: true,
          limit: 14.4,
          queries: burn(slow, budgets.latency),
        }),
      ],
      'Requests by route': [
        graph({
          title: 'Rate',
          description: 'Requests per second by route.',
          unit: 'reqps',
          wide: true,
          queries: { '{{http_route}}': 'job_route:http_server_requests:rate5m' },
        }),
        graph({
          title: 'Errors',
          description:
            'Share of requests that fail with a 5xx, by route. The line is the error budget of the availability objective.',
          unit: 'percentunit',
          wide: true,
          limit: Number(budgets.availability.toPrecision(3)),
          queries: { '{{http_route}}': 'job_route:http_server_requests_failed:ratio_rate5m' },
        }),
      ],
      Duration: [
        graph({
          title: 'Quantiles',
          description:
            'Of all requests, excluding the timeline stream. Exact where Prometheus has native histograms, otherwise interpolated between the bounds of buckets. The line is the objective for p99.',
          unit: 's',
          wide: true,
          limit: latencySeconds,
          queries: nativeQuantiles('http_server_request_duration_seconds', timed),
        }),
        graph({
          title: 'p95 by route',
          description:
            '95 % of the requests take less time, by route, excluding the timeline stream. The line is the objective.',
          unit: 's',
          wide: true,
          limit: latencySeconds,
          queries: { '{{http_route}}': 'job_route:http_server_request_duration_seconds:p95_rate5m' },
        }),
      ],
      'Saturation by instance': [
        graph({
          title: 'Event-loop utilization',
          description: 'Share of time that the event loop runs callbacks. Near 1, every request waits.',
          unit: 'percentunit',
          max: 1,
          limit: 0.9,
          queries: {
            '{{instance}}': `instance:nodejs_eventloop_utilization:ratio_rate5m{${instance}}`,
          },
        }),
        graph({
          title: 'Database connections',
          description: 'Share of the connection pool in use. At 1, requests queue for a connection.',
          unit: 'percentunit',
          max: 1,
          limit: 1,
          queries: { '{{instance}}': `instance:db_client_connection_usage:ratio{${instance}}` },
        }),
        graph({
          title: 'CPU',
          description: 'Cores in use, user and system time together.',
          unit: 'short',
          queries: { '{{instance}}': `instance:process_cpu:rate5m{${instance}}` },
        }),
      ],
    },
  })

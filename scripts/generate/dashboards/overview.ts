import { dashboard } from '../dashboard.ts'
import { figure, graph } from '../panels.ts'
import { latencySeconds, objectives } from '../slo.ts'

const failed = 'job:http_server_requests_failed'
const slow = 'job:http_server_requests_slow'
const budgets = { availability: 1 - objectives.availability, latency: 1 - objectives.latency }
const windows = ['1h', '6h', '1d', '3d']
const selected = 'job="microposts", instance=~"$instance"'

const burn = (record: string, budget: number) =>
  Object.fromEntries(
    windows.map((window) => [window, `${record}:ratio_rate${window} / ${Number(budget.toPrecision(3))}`]),
  )

export const overview = () =>
  dashboard({
    name: 'overview',
    title: 'Microposts: overview',
    description: 'Whether users are served well, how fast the error budgets go, and what is full.',
    variables: ['instance'],
    rows: {
      Now: [
        figure({
          title: 'Available',
          description:
            'API requests of the last three days that did not end with a 5xx. Red: below the objective.',
          unit: 'percentunit',
          decimals: 3,
          expr: `1 - ${failed}:ratio_rate3d`,
          red: objectives.availability,
          better: 'more',
        }),
        figure({
          title: 'In time',
          description: `API requests of the last three days answered within ${latencySeconds * 1000} ms. Red: below the objective.`,
          unit: 'percentunit',
          decimals: 2,
          expr: `1 - ${slow}:ratio_rate3d`,
          red: objectives.latency,
          better: 'more',
        }),
        figure({
          title: 'Requests',
          description: 'Requests a second that a route matched.',
          unit: 'reqps',
          expr: 'sum(job_route:http_server_requests:rate5m)',
        }),
        figure({
          title: 'Instances',
          description: 'Instances that report, scraped or pushing.',
          unit: 'short',
          expr: 'count(count by (job, instance) (target_info{job="microposts"}))',
          red: 1,
          better: 'more',
        }),
        figure({
          title: 'Alerts',
          description: 'Alerts that fire; what to do is in docs/operations.md.',
          unit: 'short',
          expr: 'count(ALERTS{alertname=~"Microposts.+", alertstate="firing"}) or vector(0)',
          red: 1,
        }),
        figure({
          title: 'Migrations missing',
          description: 'What the database lacks; an instance is not ready until there is none.',
          unit: 'short',
          expr: 'max(microposts_migrations_unapplied{job="microposts"})',
          red: 1,
        }),
      ],
      'Error budgets: at 1 the budget lasts exactly 30 days': [
        graph({
          title: 'Burn rate of availability',
          description:
            'Over four windows. The line is 14.4: two per cent of the budget in an hour, which pages.',
          unit: 'short',
          wide: true,
          limit: 14.4,
          queries: burn(failed, budgets.availability),
        }),
        graph({
          title: 'Burn rate of latency',
          description:
            'Over four windows. The line is 14.4: two per cent of the budget in an hour, which pages.',
          unit: 'short',
          wide: true,
          limit: 14.4,
          queries: burn(slow, budgets.latency),
        }),
      ],
      'Requests by route': [
        graph({
          title: 'Rate',
          description: 'Requests a second by route.',
          unit: 'reqps',
          queries: { '{{http_route}}': 'job_route:http_server_requests:rate5m' },
        }),
        graph({
          title: 'Failed',
          description:
            'Share of requests that end with a 5xx, by route. The line is the availability budget.',
          unit: 'percentunit',
          limit: Number(budgets.availability.toPrecision(3)),
          queries: { '{{http_route}}': 'job_route:http_server_requests_failed:ratio_rate5m' },
        }),
        graph({
          title: 'Duration, p95',
          description:
            'Nineteen of twenty requests take less, by route, without the stream. The line is the objective.',
          unit: 's',
          limit: latencySeconds,
          queries: { '{{http_route}}': 'job_route:http_server_request_duration_seconds:p95_rate5m' },
        }),
      ],
      'What is full, by instance': [
        graph({
          title: 'Event loop',
          description: 'Share of the time in which the loop runs callbacks. Near 1 every request waits.',
          unit: 'percentunit',
          max: 1,
          limit: 0.9,
          queries: {
            '{{instance}}': `instance:nodejs_eventloop_utilization:ratio_rate5m{${selected}}`,
          },
        }),
        graph({
          title: 'Database connections',
          description: 'Share of the pool that is in use. At 1 requests queue for a connection.',
          unit: 'percentunit',
          max: 1,
          limit: 1,
          queries: { '{{instance}}': `instance:db_client_connection_usage:ratio{${selected}}` },
        }),
        graph({
          title: 'Processor',
          description: 'Cores in use, by user and system time.',
          unit: 'short',
          queries: { '{{instance}}': `instance:process_cpu:rate5m{${selected}}` },
        }),
      ],
    },
  })

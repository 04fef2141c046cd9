import { dashboard, instance } from '../dashboard.ts'
import { graph } from '../panels.ts'
import { quantile, rate } from '../promql.ts'

const duration = 'db_client_operation_duration_seconds'

export const database = () =>
  dashboard({
    name: 'database',
    title: 'Microposts: database',
    description: 'Statements as the service waits for them, and its pool of connections.',
    variables: ['instance'],
    rows: {
      Statements: [
        graph({
          title: 'Rate by operation and table',
          description: 'Statements a second.',
          unit: 'ops',
          queries: {
            '{{db_operation_name}} {{db_collection_name}}': rate(
              `${duration}_count`,
              instance,
              'db_operation_name',
              'db_collection_name',
            ),
          },
        }),
        graph({
          title: 'Quantiles of all statements',
          description:
            'How long the service waits for a statement, a connection included where it needs one.',
          unit: 's',
          queries: {
            p50: quantile(0.5, duration, instance),
            p95: quantile(0.95, duration, instance),
            p99: quantile(0.99, duration, instance),
          },
        }),
        graph({
          title: 'p95 by operation and table',
          description: 'Nineteen of twenty statements take less.',
          unit: 's',
          queries: {
            '{{db_operation_name}} {{db_collection_name}}': quantile(
              0.95,
              duration,
              instance,
              'db_operation_name',
              'db_collection_name',
            ),
          },
        }),
        graph({
          title: 'Failed by class',
          description:
            'Statements a second by SQLSTATE class: 08 connection, 23 constraint (a duplicate key, answered 409), 40 conflict (tried again), 53 resources, 55 lock, 57 cancelled.',
          unit: 'ops',
          wide: true,
          queries: {
            '{{error_type}}': rate(`${duration}_count`, `${instance}, error_type!=""`, 'error_type'),
          },
        }),
        graph({
          title: 'Failed of all',
          description:
            'Without what constraints refuse, which is an answer and no failure. All instances together.',
          unit: 'percentunit',
          wide: true,
          queries: { '{{job}}': 'job:db_client_operations_failed:ratio_rate5m' },
        }),
      ],
      Pool: [
        graph({
          title: 'Connections by state',
          description: 'In use and idle, and the most that there may be.',
          unit: 'short',
          queries: {
            '{{instance}} {{db_client_connection_state}}': `sum by (instance, db_client_connection_state) (db_client_connection_count{${instance}})`,
            '{{instance}} max': `sum by (instance) (db_client_connection_max{${instance}})`,
          },
        }),
        graph({
          title: 'Requests that wait',
          description:
            'For a connection, at the time of the scrape. Over 0 for long: the pool is too small or statements are slow.',
          unit: 'short',
          queries: {
            '{{instance}}': `sum by (instance) (db_client_connection_pending_requests{${instance}})`,
          },
        }),
        graph({
          title: 'Given up',
          description: 'Requests a second that got no connection in five seconds, and ended with a 503.',
          unit: 'ops',
          queries: { '{{instance}}': rate('db_client_connection_timeouts_total', instance, 'instance') },
        }),
        graph({
          title: 'Wait for a connection',
          description: 'How long a request waits until it has one.',
          unit: 's',
          queries: {
            p50: quantile(0.5, 'db_client_connection_wait_time_seconds', instance),
            p95: quantile(0.95, 'db_client_connection_wait_time_seconds', instance),
            p99: quantile(0.99, 'db_client_connection_wait_time_seconds', instance),
          },
        }),
        graph({
          title: 'Use of a connection',
          description: 'How long a connection is out of the pool, for one statement or one transaction.',
          unit: 's',
          queries: {
            p50: quantile(0.5, 'db_client_connection_use_time_seconds', instance),
            p95: quantile(0.95, 'db_client_connection_use_time_seconds', instance),
            p99: quantile(0.99, 'db_client_connection_use_time_seconds', instance),
          },
        }),
        graph({
          title: 'Migrations',
          description: 'Those that the database has, and those that it lacks.',
          unit: 'short',
          queries: {
            applied: `max(microposts_migrations_applied{${instance}})`,
            unapplied: `max(microposts_migrations_unapplied{${instance}})`,
          },
        }),
      ],
    },
  })

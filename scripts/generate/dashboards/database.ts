import { dashboard, instance } from '../dashboard.ts'
import { graph } from '../panels.ts'
import { quantile, quantiles, rate } from '../promql.ts'

const duration = 'db_client_operation_duration_seconds'

export const database = () =>
  dashboard({
    name: 'database',
    title: 'Microposts: database',
    description: 'Database statements as measured by the service, and its connection pool.',
    variables: ['instance'],
    rows: {
      Statements: [
        graph({
          title: 'Rate by operation and table',
          description: 'Statements per second.',
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
          title: 'Duration of all statements',
          description:
            'Time that the service waits for a statement, including the wait for a connection if it needs one.',
          unit: 's',
          queries: quantiles(duration, instance),
        }),
        graph({
          title: 'p95 by operation and table',
          description: '95 % of the statements take less time.',
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
          title: 'Failed statements by class',
          description:
            'Failed statements per second by SQLSTATE class: 08 connection, 23 constraint (such as a duplicate key, which becomes a 409), 40 conflict (retried), 53 resources, 55 lock, 57 cancelled.',
          unit: 'ops',
          wide: true,
          queries: {
            '{{error_type}}': rate(`${duration}_count`, `${instance}, error_type!=""`, 'error_type'),
          },
        }),
        graph({
          title: 'Share of failed statements',
          description:
            'All instances together. Excludes invalid data and constraint violations (SQLSTATE classes 22 and 23), which are not failures of the database.',
          unit: 'percentunit',
          wide: true,
          queries: { '{{job}}': 'job:db_client_operations_failed:ratio_rate5m' },
        }),
      ],
      Pool: [
        graph({
          title: 'Connections by state',
          description: 'Connections in use, idle connections, and the maximum size of the pool.',
          unit: 'short',
          queries: {
            '{{instance}} {{db_client_connection_state}}': `sum by (instance, db_client_connection_state) (db_client_connection_count{${instance}})`,
            '{{instance}} max': `sum by (instance) (db_client_connection_max{${instance}})`,
          },
        }),
        graph({
          title: 'Requests waiting for a connection',
          description:
            'At the time of the scrape. If it stays above 0, the pool is too small or statements are slow.',
          unit: 'short',
          queries: {
            '{{instance}}': `sum by (instance) (db_client_connection_pending_requests{${instance}})`,
          },
        }),
        graph({
          title: 'Connection timeouts',
          description:
            'Requests per second that got no connection within five seconds and failed with a 503.',
          unit: 'ops',
          queries: { '{{instance}}': rate('db_client_connection_timeouts_total', instance, 'instance') },
        }),
        graph({
          title: 'Connection wait time',
          description: 'Time that a request waits for a connection.',
          unit: 's',
          queries: quantiles('db_client_connection_wait_time_seconds', instance),
        }),
        graph({
          title: 'Connection use time',
          description: 'Time that a connection is out of the pool, for one statement or one transaction.',
          unit: 's',
          queries: quantiles('db_client_connection_use_time_seconds', instance),
        }),
        graph({
          title: 'Migrations',
          description: 'Migrations that the database has, and migrations that it lacks.',
          unit: 'short',
          queries: {
            applied: `max(microposts_migrations_applied{${instance}})`,
            unapplied: `max(microposts_migrations_unapplied{${instance}})`,
          },
        }),
      ],
    },
  })

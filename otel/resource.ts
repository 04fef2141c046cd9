// What the metrics are about: this service, this version, this process.
import cluster from 'node:cluster'
import { randomUUID } from 'node:crypto'
import type { Attributes } from '@opentelemetry/api'
import { SDK_INFO } from '@opentelemetry/core'
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources'
import manifest from '../package.json' with { type: 'json' }
import type { ResourceConfig } from './config/types.ts'

/**
 * The configured attributes over the defaults. The command line, which the SDK's own detectors add, stays out:
 * it is long, it differs between replicas, and it may hold secrets.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/resource/
 */
export function createResource({ attributes, schemaUrl }: ResourceConfig): Resource {
  return resourceFromAttributes(
    {
      ...SDK_INFO,
      'service.name': 'microposts',
      'service.version': manifest.version,
      'service.instance.id': randomUUID(),
      'process.runtime.name': 'nodejs',
      'process.runtime.version': process.versions.node,
      ...attributes,
      ...instanceOf(attributes),
    },
    { schemaUrl },
  )
}

/** A configured instance is that of a whole cluster: its workers need one each. */
function instanceOf({ 'service.instance.id': configured }: Attributes): Attributes {
  if (configured === undefined || !cluster.worker) return {}
  return { 'service.instance.id': `${configured}-${cluster.worker.id}` }
}

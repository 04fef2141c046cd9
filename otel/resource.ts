// The resource of the metrics: service, version, instance, runtime.
import cluster from 'node:cluster'
import { randomUUID } from 'node:crypto'
import type { Attributes } from '@opentelemetry/api'
import { SDK_INFO } from '@opentelemetry/core'
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources'
import manifest from '../package.json' with { type: 'json' }
import type { ResourceConfig } from './config/types.ts'

/**
 * Configured attributes override the defaults. The SDK's detectors are not used, because they add the command line:
 * it is long, differs between replicas, and may contain secrets.
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

/** Makes a configured instance id unique for each worker of a cluster. */
function instanceOf({ 'service.instance.id': configured }: Attributes): Attributes {
  if (configured === undefined || !cluster.worker) return {}
  return { 'service.instance.id': `${configured}-${cluster.worker.id}` }
}

// Metrics of the process and of Node itself: process.*, nodejs.eventloop.*, v8js.*.
import { metrics } from '@opentelemetry/api'
import { HostMetrics } from '@opentelemetry/host-metrics'
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node'

/** Needs the global meter provider. */
export function instrumentRuntime() {
  // Its other groups describe the machine, and run shell commands at every collection: a stall of 45 ms.
  new HostMetrics({ metricGroups: ['process.cpu', 'process.memory'] }).start()
  // Makes its instruments only when it is given a provider.
  new RuntimeNodeInstrumentation().setMeterProvider(metrics.getMeterProvider())
}

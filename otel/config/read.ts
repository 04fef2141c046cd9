// Reads the telemetry configuration from the environment, or from the file that OTEL_CONFIG_FILE names.
import { ConfigError } from '../../lib/config-error.ts'
import { readEnvironment, settingsOf } from './environment.ts'
import { createFaults } from './faults.ts'
import { readModel } from './model.ts'
import type { TelemetryConfig } from './types.ts'

/**
 * Returns undefined if nothing is exported. A file replaces all OTEL_ variables.
 *
 * @throws {ConfigError} with every fault at once.
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export async function readTelemetryConfig(env: NodeJS.ProcessEnv): Promise<TelemetryConfig | undefined> {
  const faults = createFaults()
  const setting = settingsOf(env)
  const file = setting('OTEL_CONFIG_FILE')
  const model = file
    ? (await import('./file/file.ts')).readFile(file, env, faults)
    : readEnvironment(setting, faults)
  const endpoint = { token: setting('METRICS_TOKEN'), nativeHistograms: setting('METRICS_NATIVE_HISTOGRAMS') }
  const config = model && readModel(model, endpoint, faults)
  if (faults.list.length > 0) throw new ConfigError(faults.list)
  return config
}

// Decodes Prometheus's protobuf format with protobufjs, from a description of the messages of metrics.proto.
// https://github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto
import protobuf from 'protobufjs'

const { root } = protobuf.parse(`
syntax = "proto2";
package io.prometheus.client;
message LabelPair { optional string name = 1; optional string value = 2; }
enum MetricType { COUNTER = 0; GAUGE = 1; SUMMARY = 2; UNTYPED = 3; HISTOGRAM = 4; GAUGE_HISTOGRAM = 5; }
message Timestamp { optional int64 seconds = 1; optional int32 nanos = 2; }
message Gauge { optional double value = 1; }
message Counter { optional double value = 1; optional Timestamp created_timestamp = 3; }
message Untyped { optional double value = 1; }
message Bucket { optional uint64 cumulative_count = 1; optional double upper_bound = 2; }
message BucketSpan { optional sint32 offset = 1; optional uint32 length = 2; }
message Histogram {
  optional uint64 sample_count = 1;
  optional double sample_sum = 2;
  repeated Bucket bucket = 3;
  optional Timestamp created_timestamp = 15;
  optional sint32 schema = 5;
  optional double zero_threshold = 6;
  optional uint64 zero_count = 7;
  repeated BucketSpan negative_span = 9;
  repeated sint64 negative_delta = 10;
  repeated BucketSpan positive_span = 12;
  repeated sint64 positive_delta = 13;
}
message Metric {
  repeated LabelPair label = 1;
  optional Gauge gauge = 2;
  optional Counter counter = 3;
  optional Untyped untyped = 5;
  optional Histogram histogram = 7;
}
message MetricFamily {
  optional string name = 1;
  optional string help = 2;
  optional MetricType type = 3;
  repeated Metric metric = 4;
  optional string unit = 5;
}
`)

type Timestamp = { seconds: number; nanos: number }
type Span = { offset: number; length: number }

export type HistogramMessage = {
  sampleCount: number
  sampleSum: number
  bucket?: { cumulativeCount: number; upperBound: number }[]
  createdTimestamp: Timestamp
  schema?: number
  zeroThreshold?: number
  zeroCount?: number
  negativeSpan?: Span[]
  negativeDelta?: number[]
  positiveSpan?: Span[]
  positiveDelta?: number[]
}

export type MetricMessage = {
  label?: { name: string; value: string }[]
  gauge?: { value: number }
  counter?: { value: number; createdTimestamp: Timestamp }
  histogram?: HistogramMessage
}

export type FamilyMessage = {
  name: string
  help: string
  type: 'COUNTER' | 'GAUGE' | 'HISTOGRAM'
  metric: MetricMessage[]
  unit?: string
}

/** Returns the families by name. @throws {Error} if the bytes are not a sequence of delimited messages */
export function decodeExposition(bytes: Uint8Array): Map<string, FamilyMessage> {
  const type = root.lookupType('io.prometheus.client.MetricFamily')
  const reader = protobuf.Reader.create(bytes)
  const families = new Map<string, FamilyMessage>()
  while (reader.pos < reader.len) {
    const message = type.decodeDelimited(reader)
    const family = type.toObject(message, { longs: Number, enums: String }) as FamilyMessage
    if (families.has(family.name)) throw new Error(`family ${family.name} is split`)
    families.set(family.name, family)
  }
  return families
}

export const labelsOf = ({ label = [] }: MetricMessage): Record<string, string> =>
  Object.fromEntries(label.map(({ name, value }) => [name, value]))

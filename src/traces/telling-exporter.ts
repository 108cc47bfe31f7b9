import { Logger } from '@nestjs/common';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

/** Tells in the log when spans can't be delivered any more, and when they can be again: once each, not for each batch. */
export class TellingExporter implements SpanExporter {
  private readonly logger = new Logger('Traces');
  private inTrouble = false;
  private lost = 0;

  /** `endpoint` is for the log. */
  constructor(
    private readonly exporter: SpanExporter,
    private readonly endpoint: string,
  ) {}

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.exporter.export(spans, (result) => {
      if (result.code === ExportResultCode.SUCCESS) this.delivered();
      else this.failed(spans.length, result.error);
      done(result);
    });
  }

  forceFlush(): Promise<void> {
    return this.exporter.forceFlush?.() ?? Promise.resolve();
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }

  private delivered(): void {
    if (!this.inTrouble) return;
    this.logger.log({ endpoint: this.endpoint, lost: this.lost }, 'spans are delivered again');
    this.inTrouble = false;
    this.lost = 0;
  }

  private failed(count: number, error?: Error): void {
    this.lost += count;
    if (this.inTrouble) return;
    this.inTrouble = true;
    // Not the error itself: a client's may hold the request, with the headers that authorise it.
    this.logger.warn({ endpoint: this.endpoint, reason: error?.message }, 'spans can not be delivered; they are lost');
  }
}

// How each kind of report looks. The type of a report is told by `__typename`, and the compiler knows what each kind has.
import { type Cell, element, percent, table } from "./dom.js";
import type { Report } from "./queries.js";

interface Rest {
  readonly count: number;
  readonly distinctRequests: number;
}

export function view(report: Report): HTMLElement {
  switch (report.__typename) {
    case "AssigneeWorkloadReport":
      return table(
        ["Assignee", "Open", "Overdue", "At risk"],
        report.rows
          .map((row): Cell[] => [row.assignee?.displayName ?? "Nobody", row.open, row.overdue, row.slaAtRisk])
          .concat(others(report.rest)),
      );
    case "OrganizationReport":
      return table(
        ["Organization", "Requests", "Share"],
        report.rows
          .map((row): Cell[] => [row.organization?.name ?? "None", row.requests, percent(row.share)])
          .concat(others(report.rest)),
      );
    case "SlaReport":
      return table(
        ["SLA", "Met", "Missed", "At risk", "Kept"],
        report.metrics.map((of) => [of.metric.name, of.met, of.missed, of.atRisk, percent(of.compliance)]),
      );
    case "CreatedVsResolvedReport":
      return table(
        ["Period", "Created", "Resolved", "Open at the end"],
        report.buckets.map((bucket) => [bucket.label, bucket.created, bucket.resolved, bucket.openAtEnd]),
      );
    case "SatisfactionReport":
      return table(["Responses", "Mean", "Satisfied"], [[report.responses, report.mean, percent(report.csat)]]);
    case "RequestChannelReport":
      return table(
        ["Channel", "Requests", "Share"],
        report.rows
          .map((row): Cell[] => [row.value.name ?? "Unknown", row.requests, percent(row.share)])
          .concat(others(report.rest)),
      );
    case "RequestTypeReport":
      return table(
        ["Request type", "Requests", "Share"],
        report.rows
          .map((row): Cell[] => [row.requestType?.name ?? "None", row.requests, percent(row.share)])
          .concat(others(report.rest)),
      );
    case "ResolutionTimeReport":
      return table(
        ["Resolved", "Median, hours", "9 in 10 within, hours"],
        [[report.measured, hours(report.duration.medianSeconds), hours(report.duration.p90Seconds)]],
      );
    default:
      return element("p", `This page has no view of ${report.__typename} yet.`);
  }
}

function hours(seconds: number | null): number | null {
  return seconds === null ? null : Math.round(seconds / 360) / 10;
}

/** The requests outside the rows: said, so that nobody takes the rows for all there is. */
function others(rest: Rest): Cell[][] {
  return rest.count > 0 ? [[`${rest.count} others`, rest.distinctRequests]] : [];
}

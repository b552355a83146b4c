// What the page asks. One operation brings a whole dashboard, and the server reads the requests once for all of its reports.
import { graphql, type ResultOf } from "./graphql.js";

const workload = graphql(`
  fragment Workload on AssigneeWorkloadReport @_unmask {
    rows { assignee { displayName } open overdue slaAtRisk }
    rest { count distinctRequests }
  }
`);

const organizations = graphql(`
  fragment Organizations on OrganizationReport @_unmask {
    rows { organization { name } requests share { value } }
    rest { count distinctRequests }
  }
`);

const sla = graphql(`
  fragment Sla on SlaReport @_unmask {
    metrics { metric { name } met missed atRisk compliance { value } }
  }
`);

const flow = graphql(`
  fragment Flow on CreatedVsResolvedReport @_unmask {
    buckets { label created resolved openAtEnd }
  }
`);

const satisfaction = graphql(`
  fragment Satisfaction on SatisfactionReport @_unmask {
    responses
    mean
    csat { value }
  }
`);

const channels = graphql(`
  fragment Channels on RequestChannelReport @_unmask {
    rows { value { name } requests share { value } }
    rest { count distinctRequests }
  }
`);

const requestTypes = graphql(`
  fragment RequestTypes on RequestTypeReport @_unmask {
    rows { requestType { name } requests share { value } }
    rest { count distinctRequests }
  }
`);

const resolution = graphql(`
  fragment Resolution on ResolutionTimeReport @_unmask {
    measured
    duration { medianSeconds p90Seconds }
  }
`);

export const dashboardsQuery = graphql(`
  query Dashboards {
    dashboards(first: 100) {
      nodes { id title }
    }
  }
`);

export const dashboardQuery = graphql(
  `
    query Dashboard($id: ID!) {
      dashboard(id: $id) {
        title
        items {
          width
          widget { title reportName }
          report {
            __typename
            read { asOf exact timeZone }
            ...Workload
            ...Organizations
            ...Sla
            ...Flow
            ...Satisfaction
            ...Channels
            ...RequestTypes
            ...Resolution
          }
        }
      }
    }
  `,
  [workload, organizations, sla, flow, satisfaction, channels, requestTypes, resolution],
);

export const startersMutation = graphql(`
  mutation Starters {
    createStarterDashboards(input: { visibility: PRIVATE }) {
      dashboards { id title }
      userErrors { code field message }
    }
  }
`);

type DashboardData = NonNullable<ResultOf<typeof dashboardQuery>["dashboard"]>;
export type Item = DashboardData["items"][number];
export type Report = NonNullable<Item["report"]>;

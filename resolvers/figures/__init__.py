"""What the figures of reports are made with: periods and buckets, ratios and percentiles, breakdowns. Pure functions."""

"""What the scripts share: reading data sets, writing tables and figures, ending a job well."""

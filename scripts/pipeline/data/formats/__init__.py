"""Reading the files that labs have: text, Excel, SPSS, Stata, SAS, R, Parquet."""

"""What do the items of the data set's own forms ask about, and do coders agree on it?

Needs: results/{dataset}/responses/ of a data set with item codes, and the published content analysis.
Makes: results/{dataset}/coding/: tables 1 and 2a to 2d of its forms by coder and by consensus, agreement of the coders,
which categories they confuse, and how alike the forms are to the published ones.
"""


rule tabulate_codes:
    """content of the items and agreement of the coders"""
    input:
        responses=RESPONSES,
        published="data/published/krause_2011_content.yaml",
    output:
        **reported_table("code_tables"),
        **reported_table("coder_agreement"),
        **reported_table("category_confusion"),
        **reported_table("published_similarity"),
    group:
        "pages"
    resources:
        **needs("tables"),
    params:
        **settings("level", "seed"),
        code=code("coding/tabulate_codes.py"),
    script:
        "../../scripts/coding/tabulate_codes.py"

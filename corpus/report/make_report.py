"""Make `surveillance-supply-chains.pdf` beside this file: the same bytes each time with the same reportlab.

Usage: python corpus/report/make_report.py [OUTPUT]
"""

from __future__ import annotations

import re
import sys
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportlab.pdfgen.canvas import Canvas

OUTPUT = Path(__file__).with_name("surveillance-supply-chains.pdf")
TITLE = "Surveillance supply chains: who is listed, who supplied, who answered"
RUNNING_HEAD = "Surveillance supply chains"
DATE = "23 November 2026"
CAPTION = "Table 1. Listings by US authorities, each with its first day and, where it has one, its end"
COLUMNS = {"Firm as listed": 0.35, "Authority": 0.12, "List": 0.17, "From": 0.12, "Until": 0.12, "Notes": 0.12}
MARGIN = 25 * mm
BOLD = "Helvetica-Bold"

TEXT = ParagraphStyle("text", fontName="Helvetica", fontSize=10, leading=14.5, spaceAfter=7)
TITLE_STYLE = ParagraphStyle("title", TEXT, fontName=BOLD, fontSize=20, leading=25, spaceAfter=10)
HEADING = ParagraphStyle("heading", TEXT, fontName=BOLD, fontSize=13.5, leading=18, spaceBefore=10, keepWithNext=1)
SUBHEADING = ParagraphStyle("subheading", HEADING, fontSize=11, leading=15, spaceBefore=6)
CELL = ParagraphStyle("cell", TEXT, fontSize=8, leading=10, spaceAfter=0)
CELL_HEAD = ParagraphStyle("cell head", CELL, fontName=BOLD)
CAPTION_STYLE = ParagraphStyle("caption", TEXT, fontName=BOLD, fontSize=9, leading=12)
NOTE = ParagraphStyle("note", TEXT, fontSize=8, leading=10.5, leftIndent=16, firstLineIndent=-16, spaceAfter=3)

# A key and an address a line; [key] in the text below becomes a numbered note.
SOURCES = """
treasury https://fraser.stlouisfed.org/title/press-releases-united-states-department-treasury-6111/treasury-identifies-eight-chinese-tech-firms-part-chinese-military-industrial-complex-610206/fulltext
axios https://www.axios.com/2021/09/29/chinese-tech-firm-sidesteps-sanctions
baker https://sanctionsnews.bakermckenzie.com/us-government-adds-thirty-three-entities-located-in-china-hong-kong-and-cayman-islands-to-the-entity-list/
bhatia https://hawley.senate.gov/senator-hawley-grills-google-exec-during-judiciary-committee-hearing
biometric https://www.biometricupdate.com/201903/microsoft-denies-partnership-with-chinese-biometric-surveillance-firm-sensenets
buzzfeed https://www.buzzfeednews.com/article/daveyalba/google-project-dragonfly-terminated-senate-hearing
ced http://stage.consumerelectronicsdaily.com/article/2021/12/20/treasury-adds-more-chinese-tech-firms-to-investment-blacklist-2112170004?BC=bc_67216da0f369d
cdt https://chinadigitaltimes.net/wp-json/wp/v2/posts/212378
cdt-2020 https://chinadigitaltimes.net/2020/11/chinas-surveillance-infrastructure-powered-by-u-s-tech/
cnbc https://www.cnbc.com/2019/03/15/microsoft-facial-recognition-firm-sensenets-lying-about-partnership.html
cnn-bgi https://kesq.com/money/cnn-business-consumer/2023/03/02/us-adds-chinese-genetics-firms-to-trade-blacklist-over-surveillance-allegations/
crowell https://www.cmtradelaw.com/2021/07/commerce-adds-23-companies-to-entity-list-citing-forced-labor-military-technology-and-sanctions-concerns/
defense-2025 https://media.defense.gov/2025/Jan/07/2003625471/-1/-1/1/ENTITIES-IDENTIFIED-AS-CHINESE-MILITARY-COMPANIES-OPERATING-IN-THE-UNITED-STATES.PDF
defense-2026 https://media.defense.gov/2026/Jun/08/2003945537/-1/-1/1/ENTITIES-IDENTIFIED-AS-CHINESE-MILITARY-COMPANIES-OPERATING-IN-THE-UNITED-STATES-IN-ACCORDANCE-WITH-SECTION-1260H.PDF
defense-dates https://github.com/opensanctions/opensanctions/blob/f33cff233ff4393a8c71784cfe280275727b52ca/datasets/us/dod_chinese_milcorps/sanctions.csv
dowjones https://www.marketscreener.com/SEAGATE-TECHNOLOGY-PLC-14501/news/U-S-Companies-Prop-Up-China-s-Surveillance-2-29648704/?utm_medium=RSS&utm_content=20191127
fcc https://lawstreetmedia.com/tech/fcc-labels-five-chinese-telecom-companies-national-security-threats
fierce https://www.fiercebiotech.com/medtech/thermo-fisher-halting-sequencer-sales-western-china-following-reports-a-dna-surveillance
fr-2019 https://docslib.org/doc/243735/billing-code-3510-33-p-department-of-commerce-bureau-of-industry-and-security-15-cfr-part-744-docket-no-190925-0044-rin-0694
fr-2021 https://graces.community/post/addition-of-certain-entities-to-the-entity-list
fr-2023 http://federal.elaws.us/fr/7/19/2023/2023-15343
fr-2024 https://lexbuild.dev/fr/2024/02/2024-03674
hill https://thehill.com/policy/technology/472231-us-tech-companies-behind-much-of-chinas-massive-surveillance-industry/
horn https://hornobservers.com/2024/12/13/tech-war-chinese-surveillance-firm-uniview-calls-on-us-to-reconsider-its-trade-sanction/?amp=1
ibo https://instrumentbusinessoutlook.com/article/thermo-fisher-scientific-halts-sequencer-sales-xinjiang/
information https://www.theinformation.com/articles/how-u-s-tech-companies-fueled-chinas-surveillance-state?rc=bhuqw9
ipvm-hikvision https://ipvm.com/reports/hikvision-xinjiang
ipvm-infinova https://ipvm.com/reports/infinova-xinjiang
jurist-nso https://jurist.org/news/2021/11/us-department-of-commerce-restricts-operations-of-israel-spyware-company
jurist-sandvine https://jurist.org/news/2024/02/us-introduces-restrictions-against-canada-based-company-after-accusations-of-egypt-censorship
mohawk https://mohawkglobal.com/trade-news/33-parties-added-entity-list-chinese-violations-risks/
mondaq https://www.mondaq.com/china/International-Law/855492/License-To-Be-Required-For-Exports-Reexports-And-Transfers-Of-USOrigin-Items-To-28-Additional-Chinese-Entities
nbc https://news.yahoo.com/u-blacklists-chinese-firm-selling-000754050.html
punch https://punchng.com/us-imposes-trade-restrictions-on-china-russia-firms/?utm_source=rss.punchng.com&utm_medium=web
register https://www.theregister.com/2021/11/29/hpe_china_sanctions/
register-2023 https://www.theregister.com/2023/01/03/hpe_to_sell_remaining_share/?td=keepreading
removal https://bis.gov/press-release/commerce-removes-sandvine-entity-list-following-significant-corporate-reforms-protect
removal-date https://communicationsdaily.com/article/2024/10/22/bis-removing-canadian-tech-firm-from-entity-list-after-compliance-reforms-2410210021?BC=bc_67454fd8cb347
scmp-mit https://www.scmp.com/tech/start-ups/article/3032160/chinese-ai-project-under-review-mit-after-us-blacklists-tech-unicorn
scmp-sensetime https://scmp.com/news/china/article/3159297/biden-administration-sanctions-chinese-ai-company-sensetime-citing-human
sdm https://www.sdmmag.com/articles/97227-hikvision-and-dahua-barred-from-selling-to-us-government-agencies
shenzhen http://www.szdaily.com/content/2021-12/13/content_24807442.htm
strtrade https://www.strtrade.com/trade-news-resources/str-trade-report/trade-report/restrictions-on-exports-of-ear-regulated-goods-to-two-zte-entities-removed
techradar https://techradar.com/news/us-officially-blacklists-nso-group-and-positive-technologies
thompson-bgi https://www.thompsonhinesmartrade.com/2020/07/commerce-adds-additional-chinese-companies-to-entity-list-and-implements-licensing-review-process-for-certain-items-related-to-treatment-of-infectious-diseases/
thompson-huawei https://www.thompsonhinesmartrade.com/2019/05/huawei-technologies-co-ltd-and-68-affiliates-added-to-bis-entity-list/
uasvision https://www.uasvision.com/2020/12/21/dji-added-to-us-to-department-of-commerce-blacklist/
uts https://uts.edu.au/news/media-contacts/uts-cetc-review
vumetric https://cyber.vumetric.com/security-news/2024/02/27/sandvine-put-on-america-s-export-no-fly-list-after-egypt-used-network-tech-for-spying
thompson-xpcc https://www.thompsonhinesmartrade.com/2020/08/ofac-sanctions-chinese-government-agency-and-officials-for-human-rights-abuses/
wiley-tiandy https://www.wiley.law/alert-US-Commerce-Department-Adds-Dozens-of-High-Tech-Chinese-Companies-to-Entity-List
willkie https://complianceconcourse.willkie.com/articles/news-alerts-2020-07-july-20200709-chinese-officials-and-government-entity/
wiley-zte https://wiley.law/alert-Client_Alert-BIS_Removes_ZTE_from_Entity_List
wral https://wraltechwire.com/2023/03/06/china-based-genetics-giant-disputes-us-allegations-of-human-rights-data-abuses/
wsj-copy https://eastturkistaninfo.com/2019/02/20/thermo-fisher-to-stop-sales-of-genetic-sequencers-to-chinas-xinjiang-region/
yicai https://www.yicaiglobal.com/news/hikvision-iflytek-and-other-sanctioned-chinese-firms-protest-us-trade-ban
"""

# Firm as listed, authority, list, first day, last day (empty: none known here), sources.
LISTINGS = """
ZTE | Commerce | Entity List | 2016-03-08 | 2017-03-29 | [wiley-zte] [strtrade]
Huawei Technologies Co., Ltd. | Commerce | Entity List | 2019-05-16 |  | [thompson-huawei]
Hikvision | Commerce | Entity List | 2019-10-09 |  | [fr-2019] [mondaq]
Dahua | Commerce | Entity List | 2019-10-09 |  | [fr-2019] [mondaq]
SenseTime (in 2020 narrowed to Beijing SenseTime) | Commerce | Entity List | 2019-10-09 |  | [fr-2019] [axios]
Megvii | Commerce | Entity List | 2019-10-09 |  | [fr-2019] [mondaq]
Yitu | Commerce | Entity List | 2019-10-09 |  | [fr-2019] [mondaq]
iFlytek | Commerce | Entity List | 2019-10-09 |  | [fr-2019] [mondaq]
Meiya Pico | Commerce | Entity List | 2019-10-09 |  | [fr-2019] [mondaq]
Yixin Science and Technology | Commerce | Entity List | 2019-10-09 |  | [fr-2019] [mondaq]
Xinjiang Public Security Bureau | Commerce | Entity List | 2019-10-09 |  | [fr-2019] [mondaq]
CloudWalk | Commerce | Entity List | 2020-06-05 |  | [mohawk] [baker]
FiberHome | Commerce | Entity List | 2020-06-05 |  | [mohawk] [baker]
Nanjing FiberHome Starrysky | Commerce | Entity List | 2020-06-05 |  | [mohawk] [baker]
NetPosa | Commerce | Entity List | 2020-06-05 |  | [mohawk] [baker]
SenseNets | Commerce | Entity List | 2020-06-05 |  | [mohawk] [baker]
Intellifusion | Commerce | Entity List | 2020-06-05 |  | [mohawk] [baker]
IS'Vision | Commerce | Entity List | 2020-06-05 |  | [mohawk] [baker]
Xinjiang Silk Road BGI | Commerce | Entity List | 2020-07-22 |  | [thompson-bgi]
Beijing Liuhe BGI | Commerce | Entity List | 2020-07-22 |  | [thompson-bgi]
DJI | Commerce | Entity List | 2020-12-18 |  | [uasvision]
Leon Technology | Commerce | Entity List | 2021-07-12 |  | [crowell]
NSO Group | Commerce | Entity List | 2021-11-04 |  | [fr-2021] [jurist-nso]
Candiru | Commerce | Entity List | 2021-11-04 |  | [fr-2021] [jurist-nso]
New H3C Semiconductor Technologies Co. Ltd | Commerce | Entity List | 2021-11 |  | [register]
Tiandy Technologies (announced 2022-12-15) | Commerce | Entity List | 2022-12-16 |  | [wiley-tiandy] [nbc]
BGI Research | Commerce | Entity List | 2023-03-02 |  | [cnn-bgi] [wral]
BGI Tech Solutions (Hongkong) | Commerce | Entity List | 2023-03-02 |  | [cnn-bgi] [wral]
Forensic Genomics International | Commerce | Entity List | 2023-03-02 |  | [wral]
Intellexa and Cytrox, four entries | Commerce | Entity List | 2023-07-18 |  | [fr-2023] [vumetric]
Sandvine | Commerce | Entity List | 2024-02-27 | 2024-10-23 | [fr-2024] [removal-date]
Zhejiang Uniview Technologies | Commerce | Entity List | 2024-12-10 |  | [punch]
Beijing Zhongdun Security Technology Group | Commerce | Entity List | 2024-12-10 |  | [punch]
Xinjiang Public Security Bureau | Treasury | Global Magnitsky | 2020-07-09 |  | [willkie]
Xinjiang Production and Construction Corps | Treasury | Global Magnitsky | 2020-07-31 |  | [thompson-xpcc]
SenseTime | Treasury | NS-CMIC list | 2021-12-10 |  | [scmp-sensetime]
Cloudwalk Technology Co., Ltd. | Treasury | NS-CMIC list | 2021-12-16 |  | [treasury]
Dawning Information Industry Co., Ltd. (Sugon) | Treasury | NS-CMIC list | 2021-12-16 |  | [treasury]
Leon Technology Company Limited | Treasury | NS-CMIC list | 2021-12-16 |  | [treasury]
Megvii Technology Limited | Treasury | NS-CMIC list | 2021-12-16 |  | [treasury]
Netposa Technologies Limited | Treasury | NS-CMIC list | 2021-12-16 |  | [treasury]
SZ DJI Technology Co., Ltd. | Treasury | NS-CMIC list | 2021-12-16 |  | [treasury]
Xiamen Meiya Pico Information Co., Ltd. | Treasury | NS-CMIC list | 2021-12-16 |  | [treasury]
Yitu Limited | Treasury | NS-CMIC list | 2021-12-16 |  | [treasury]
Huawei | FCC | Covered List | 2021-03-12 |  | [fcc]
ZTE | FCC | Covered List | 2021-03-12 |  | [fcc]
Hytera | FCC | Covered List | 2021-03-12 |  | [fcc]
Hikvision | FCC | Covered List | 2021-03-12 |  | [fcc]
Dahua | FCC | Covered List | 2021-03-12 |  | [fcc]
Hikvision | Defense | 1260H list | 2021-06-03 |  | [defense-dates] [defense-2026]
Dahua | Defense | 1260H list | 2022-10-05 |  | [defense-dates] [defense-2026]
CloudWalk | Defense | 1260H list | 2022-10-05 |  | [defense-dates] [defense-2026]
NetPosa | Defense | 1260H list | 2024-01-31 |  | [defense-dates] [defense-2026]
Yitu | Defense | 1260H list | 2024-01-31 |  | [defense-dates] [defense-2026]
Beijing Megvii Technology Co., Ltd. | Defense | 1260H list | 2024-01-31 | 2025-01-07 | [defense-dates] [defense-2025]
SenseTime Group, Inc. | Defense | 1260H list | 2025-01-07 |  | [defense-2025] [defense-2026]
"""

# Paragraphs set apart by empty lines; "#" begins a heading; [table] is where the listings stand.
REPORT = """
# 1 Scope and sources

This report brings together what public sources say about companies and institutions that are named in connection
with surveillance, above all in Xinjiang in western China. It reports who said what, and when. It finds nobody
guilty, and it measures nothing of its own.

Three kinds of source are used: official lists and notices, statements of the companies themselves, and press that
names itself. Where the press relays another medium, or a page is a copy, the text says so. Numbers in square
brackets lead to the addresses at the end.

# 2 Official lists

Five registers of US authorities matter here, and they do different things. The Entity List of the Commerce
Department restricts exports to the listed body. The list of Chinese military-industrial complex companies of the
Treasury Department (NS-CMIC) restricts dealings in certain securities. The list of Chinese military companies of
the Defense Department rests on section 1260H of a defense act. The Covered List of the Federal Communications
Commission names equipment and services. Sanctions under the Global Magnitsky program, also of the Treasury
Department, block property.

A listing is the decision of an agency under its own rules. It names a legal unit, has a first day, and may have a
last one. A unit is not its group: five entries name units of BGI, and none of these names BGI Group itself
[thompson-bgi] [wral].

[table]

## 2.1 Listings that ended

Three of these listings have ended. ZTE left the Entity List in March 2017 after a settlement [wiley-zte]. Beijing
Megvii Technology Co., Ltd. was dropped from the section 1260H list on 7 January 2025, while Megvii's entry on the
Entity List is another matter [defense-2025]. Sandvine left the Entity List in October 2024; the Bureau of Industry
and Security gave reforms of the company as its reason [removal].

# 3 Cameras and contracts

IPVM reported on 2 October 2018 that Hikvision had won a contract of 53 million dollars in 2017 for a
facial-recognition system in Pishan County, Xinjiang. In the same report it put the large projects of Hikvision and
Dahua in Xinjiang since 2016 at more than 1.2 billion dollars [ipvm-hikvision]. Charles Rollet of IPVM wrote on
Twitter on 20 March 2019 of over 1 billion dollars for the two firms together [cdt]. Both sums are for two firms;
neither can be divided between them.

Infinova, a manufacturer based in the United States, sold a video management system for smart cities in Xinjiang in
2017, according to a report by Rollet for IPVM of 7 December 2018. Infinova denies that any of its systems were then
in use in re-education camps or other sensitive areas; IPVM prints the denial and adds that Infinova deleted
mentions of Xinjiang from its Chinese website after being contacted [ipvm-infinova].

# 4 Parts, chips and storage

Rollet also wrote on 20 March 2019 that Hikvision and Dahua depend to a substantial degree on Seagate, Western
Digital, Intel and Nvidia [cdt]. The Hill reported on 26 November 2019, after the Wall Street Journal, that Seagate and
Western Digital had sold hard disk drives to Hikvision; it also gives the answers of both companies [hill].

The New York Times, as quoted by China Digital Times in November 2020, reported that chips of Intel and Nvidia run a
computing center in Urumqi. Both companies said that they had been unaware of what they called misuse [cdt-2020].

Intel had provided processors for recorders of Tiandy; in December 2022 an Intel spokesperson told NBC News that
Intel had stopped doing business with Tiandy after an internal review [nbc].

# 5 Capital and control

Lindsay Gorman and Matt Schrader wrote in Foreign Policy, as quoted by China Digital Times on 22 March 2019, that
NetPosa is the parent of SenseNets, that SenseTime owned 49 percent of SenseNets in February 2018, and that Intel
Capital invested in NetPosa in 2010. NetPosa in turn invested in Bito and Exyn, two start-ups in the United States;
the text accuses neither of anything [cdt].

The sum was published later. The Information wrote on 8 September 2022 that Intel Capital had bought 6 percent of
NetPosa for a little over 4.5 million dollars [information].

Another stake of 49 percent must not be mixed up with that of SenseTime. Hewlett Packard Enterprise kept 49 percent
of New H3C in a deal that closed in 2016 [register]. It told The Hill in November 2019 that it was a non-controlling
owner and had not known of sales to authorities in Xinjiang [hill]. It announced its exit in January 2023
[register-2023].

Qualcomm owned a stake of undisclosed size in SenseTime in November 2019 and did not reply to requests for comment,
Dow Jones reported [dowjones].

# 6 Knowledge, samples and equipment

The Massachusetts Institute of Technology announced a research partnership with SenseTime in February 2018 [cdt] and
said after the listing of October 2019 that it would review such relationships [scmp-mit]. The University of
Technology Sydney has published its own account of a review of its partnership with CETC [uts]. A university that is
named is not thereby accused.

Kenneth Kidd, a geneticist at Yale University, shared DNA samples with a scientist of a Chinese police institute and
did not know of their later use, according to Gorman and Schrader [cdt].

Thermo Fisher said on 20 February 2019 that it would stop selling and servicing genetic sequencers in Xinjiang, the
Wall Street Journal reported in an article of which the page cited is a copy [wsj-copy]. It was working with US
authorities on the question of use, Fierce Biotech reported [fierce]. The Commerce Department had found in 2018 that
no licensing rule on crime control had been broken, according to Instrument Business Outlook [ibo].

# 7 Spyware and network equipment

The Commerce Department found that NSO Group and Candiru had developed and supplied spyware to foreign governments,
which used it against officials, journalists and activists, JURIST reported in November 2021 [jurist-nso]. NSO Group
said that it was dismayed, that its technology serves to prevent terrorism and crime, and that it had ended
contracts over misuse [techradar]. The sources used here give no answer of Candiru.

Sandvine was listed because its technology had, according to the department, served the Egyptian government for mass
web monitoring and censorship [jurist-sandvine]. Sandvine answered that it takes allegations of misuse very
seriously [vumetric]. It has been removed since [removal].

# 8 Claims and their denials

Microsoft and SenseNets: SenseNets named Microsoft as a partner on its website. Microsoft denies it and says that
its logo was used without permission [cnbc] [biometric].

Google and Dragonfly: a search engine for China was planned and was reportedly given up in December 2018, while
employees spoke of possible signs that work went on [cdt]. In July 2019 a vice president of Google told a Senate
subcommittee that the project had been terminated [bhatia]; BuzzFeed News noted that he did not rule out tools for
China in the future [buzzfeed].

Answers to listings: Hikvision called its listing groundless, and Megvii said that it lacks a basis in fact [yicai].
Dahua asked for a reconsideration [sdm]. SenseTime called the accusations of the Treasury Department unfounded
[shenzhen]. Uniview called its listing groundless [horn]. BGI Group said that it would never be involved in
human-rights abuses [wral]. Megvii, CloudWalk, Meiya Pico, Yitu and NetPosa did not respond to questions on the
Treasury list, Consumer Electronics Daily reported [ced].

# 9 Limits

The report is a selection. It leaves out what rests only on anonymous copies, on encyclopedias that anybody may
edit, or on aggregators; an official list is cited through a copy or a transcription where no better address was at
hand. Listings change, and the state of each list on the day of reading was not checked. Silence about a company
means nothing.
"""


class Notes:
    """Numbers the sources in the order in which they are first cited."""

    def __init__(self, sources: str) -> None:
        self.addresses = dict(line.split(" ", 1) for line in sources.strip().splitlines())
        self.numbers: dict[str, int] = {}

    def markup(self, text: str) -> str:
        """Return `text` as reportlab's markup, with each [key] as [number]."""
        return re.sub(r"\[([a-z0-9-]+)\]", self._number, escape(text, quote=False))

    def _number(self, match: re.Match[str]) -> str:
        key = match[1]
        if key not in self.addresses:
            raise KeyError(f"[{key}] is cited in {Path(__file__).name} and is not in SOURCES; add it or mend the key")
        return f"[{self.numbers.setdefault(key, len(self.numbers) + 1)}]"


def story() -> Iterator[Flowable]:
    """Yield the report's parts in order."""
    notes = Notes(SOURCES)
    yield Paragraph(TITLE, TITLE_STYLE)
    yield Paragraph(f"Dossier, {DATE}", TEXT)
    for block in REPORT.strip().split("\n\n"):
        if block == "[table]":
            yield Paragraph(CAPTION, CAPTION_STYLE)
            yield listing_table(notes)
            yield Spacer(1, 5 * mm)
        elif block.startswith("#"):
            marks, _, heading = block.partition(" ")
            yield Paragraph(escape(heading), HEADING if marks == "#" else SUBHEADING)
        else:
            yield Paragraph(notes.markup(block), TEXT)
    yield Paragraph("Notes", HEADING)
    for key, number in notes.numbers.items():
        yield Paragraph(f"{number}.&nbsp;{escape(notes.addresses[key])}", NOTE)


def listing_table(notes: Notes) -> Table:
    """Return the table of listings, its head repeated on each page."""
    head = [Paragraph(column, CELL_HEAD) for column in COLUMNS]
    body = [
        [Paragraph(notes.markup(cell.strip()), CELL) for cell in row.split("|")]
        for row in LISTINGS.strip().splitlines()
    ]
    width = A4[0] - 2 * MARGIN
    table = Table([head, *body], colWidths=[width * share for share in COLUMNS.values()], repeatRows=1)
    rules = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black),
        ("LINEBELOW", (0, 1), (-1, -1), 0.25, colors.grey),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]
    table.setStyle(TableStyle(rules))
    return table


def furnish(canvas: Canvas, document: SimpleDocTemplate) -> None:
    """Draw the running head and the page number."""
    canvas.saveState()
    canvas.setFont("Helvetica", 8)
    canvas.drawString(MARGIN, A4[1] - 15 * mm, RUNNING_HEAD)
    canvas.drawRightString(A4[0] - MARGIN, A4[1] - 15 * mm, f"Dossier, {DATE}")
    canvas.drawCentredString(A4[0] / 2, 13 * mm, f"Page {document.page}")
    canvas.restoreState()


def make(output: Path) -> None:
    """Write the report to `output`."""
    document = SimpleDocTemplate(
        str(output),
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=TITLE,
        author="Dossier",
        subject="Facts with their public sources",
        lang="en",
        pageCompression=0,  # two builds of zlib may compress the same text to different bytes
        invariant=1,
    )
    document.build(list(story()), onFirstPage=furnish, onLaterPages=furnish)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else OUTPUT)

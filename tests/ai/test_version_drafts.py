"""Versions and editions that a text names in its steps, bullets and headings: answers, not footnotes."""

from tests.ai.test_case_drafts import asked, labels
from tests.ai.test_safe_drafts import nodes, tree_of


def test_a_step_with_a_key_for_each_version_is_asked_for_by_version() -> None:
    tree = tree_of(
        r"""Resolution
To fix this issue, follow these steps:

1. Start Registry Editor.
2. Locate one of the following registry subkeys, depending on your version of Office:

   Office 2016

   HKEY_CURRENT_USER\Software\Contoso\Office\16.0\Badge

   Office 2013

   HKEY_CURRENT_USER\Software\Contoso\Office\15.0\Badge
3. Add the value PrintBadge, and then set it to 1.
"""
    )
    assert labels(asked(tree))[:2] == ["Office 2016", "Office 2013"]
    newer, older = nodes(tree, "action")
    assert (newer.title[-14:], older.title[-14:]) == (" (Office 2016)", " (Office 2013)")
    assert "2. Locate the following registry subkey:\n\n   `HKEY_CURRENT_USER" in newer.body
    assert "15.0" not in newer.body
    assert "16.0" not in older.body
    assert older.body.endswith("3. Add the value `PrintBadge`, and then set it to 1.")


def test_a_step_told_twice_for_two_versions_is_asked_for_by_version() -> None:
    tree = tree_of(
        """Resolution
To fix this issue, follow these steps:

1. Select the badge on the sheet.
2. In Excel 2003 and earlier versions, point to Row, and then click AutoFit.

   In Excel 2007 and later versions, click Format, and then click AutoFit.
"""
    )
    assert labels(asked(tree))[:2] == ["Excel 2003 and earlier versions", "Excel 2007 and later versions"]
    older, newer = nodes(tree, "action")
    assert older.body.endswith("2. Point to Row, and then click AutoFit.")
    assert newer.body.endswith("2. Click Format, and then click AutoFit.")


def test_how_a_program_is_opened_on_each_version_is_no_question() -> None:
    tree = tree_of(
        """Resolution
To fix this issue, follow these steps:

1. Start Registry Editor:

   - In Windows 10, select Start, and then enter regedit in the box.
   - In Windows 7, click Start, and then type regedit in the box.
2. Add the value PrintBadge, and then set it to 1.
3. Exit the editor, and print the badge again.
"""
    )
    assert len(nodes(tree, "question")) == 1


def test_how_one_tells_the_editions_apart_stands_where_they_are_asked_for() -> None:
    tree = tree_of(
        """Resolution
The steps to open the badge printer vary, depending on your Office installation type.

- Click-to-Run installation type:

    1. Open the badge window, and then select Selective print.
    2. Click OK.

- MSI-based installation type:

    1. Open the desk window, and then select Print all badges.
    2. Click OK.

More information
To determine whether your Office installation is Click-to-Run or MSI-based, follow these steps:

1. Start Word.
2. On the File menu, select Account. For Click-to-Run, an Update Options item is displayed.
"""
    )
    question = asked(tree)
    assert labels(question)[:2] == ["Click-to-Run installation type", "MSI-based installation type"]
    assert "2. On the File menu, select Account." in question.body


def test_a_bare_heading_that_names_a_version_is_an_answer() -> None:
    tree = tree_of(
        """Cause
The badge file is damaged.
Resolution for Outlook 2007 and earlier versions
To resolve this behavior, create a new badge file at the desk:

1. On the Tools menu, select Badge.
2. Select New, and then select OK.
Resolution for Outlook 2010 and later versions
To resolve this behavior, create a new badge file at the ramp:

1. Select File, and then select Badge.
2. Select New, and then select OK.
"""
    )
    assert labels(asked(tree))[:2] == ["Outlook 2007 and earlier versions", "Outlook 2010 and later versions"]
    assert len(nodes(tree, "action")) == 2


def test_steps_that_differ_by_other_versions_each_are_not_multiplied() -> None:
    steps = "\n".join(
        rf"""{at + 1}. Locate one of the following registry subkeys of the badge:

   Office {2000 + 20 * at}

   HKEY_CURRENT_USER\Software\Contoso\Office\{at}0.0\Badge

   Office {2001 + 20 * at}

   HKEY_CURRENT_USER\Software\Contoso\Office\{at}1.0\Badge"""
        for at in range(6)
    )
    tree = tree_of(f"Resolution\nTo fix this issue, follow these steps:\n\n{steps}\n")
    assert len(nodes(tree, "action")) == 1

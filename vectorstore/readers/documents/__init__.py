"""Documents from office and publishing programs: PDF, DOCX, ODT, RTF, EPUB."""

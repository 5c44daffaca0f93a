-- Given to Quarto with an executed notebook, before all filters of its own (`at: pre-ast`): carries out what
-- Quarto drops or does otherwise in one format than in another. `weaver` in the metadata holds the heading of
-- the `references`; for a chapter alone the numbers that it goes on from, `sections` and `counts` by kind, the
-- `level` of its first heading, and the identifiers that are `elsewhere`.

local KINDS = { fig = true, tbl = true, lst = true, eq = true, sec = true }
local COLUMNS = 10000 -- of a line, as Quarto was told: no pipe table is too long for it
local LATEX = { fig = "figure", tbl = "table", lst = "codelisting", eq = "equation" }
local SECTIONS = { "section", "subsection", "subsubsection", "paragraph", "subparagraph" }

local is_typst = quarto.doc.is_format("typst")
local is_latex = quarto.doc.is_format("latex")

local function read(name)
  local file <close> = assert(io.open(quarto.utils.resolve_path(name)))
  return file:read("a")
end

local function look()
  return read("weaver-tables.typ") .. read("weaver-formulas.typ") .. read("weaver-quarto.typ")
end

local function numbers(text)
  local found = pandoc.List()
  for each in pandoc.utils.stringify(text):gmatch("%d+") do found:insert(tonumber(each)) end
  return found
end

-- Typst and LaTeX count themselves.
local function typst_counters(sections, counts)
  local lines = { "#counter(heading).update((" .. table.concat(sections, ", ") .. ",))" }
  if #sections == 0 then lines = {} end
  for kind, count in pairs(counts) do
    local counted = kind == "eq" and "math.equation" or ('figure.where(kind: "quarto-float-%s")'):format(kind)
    table.insert(lines, ("#counter(%s).update(%d)"):format(counted, count))
  end
  return table.concat(lines, "\n")
end

local function latex_counters(sections, counts)
  local lines = {}
  for level, count in ipairs(sections) do
    table.insert(lines, ("\\setcounter{%s}{%d}"):format(SECTIONS[level], count))
  end
  for kind, count in pairs(counts) do
    local set = ("\\setcounter{%s}{%d}"):format(LATEX[kind], count)
    table.insert(lines, ("\\ifcsname c@%s\\endcsname%s\\fi"):format(LATEX[kind], set))
  end
  return table.concat(lines, "\n")
end

-- Where Quarto counts, as it does for a page, its index says what comes next.
local function set_index(sections, counts)
  local index = assert(_G.crossref and _G.crossref.index, "this Quarto keeps its numbers elsewhere")
  for level, count in ipairs(sections) do index.section[level] = count end
  for kind, count in pairs(counts) do index.nextOrder[kind] = count + 1 end
end

local function go_on_counting(doc)
  local before = doc.meta.weaver
  if not before.counts then return end
  local sections, counts = numbers(before.sections), {}
  for kind, count in pairs(before.counts) do counts[kind] = tonumber(pandoc.utils.stringify(count)) end
  set_index(sections, counts)
  doc.meta.abstract = nil
  -- Numbers would begin at the highest level of the chapter: a heading above it goes again behind all that counts.
  local above = pandoc.Header(1, {}, { class = "unnumbered" })
  doc.blocks:insert(1, pandoc.Div({ above }, { class = "weaver-above" }))
  if is_typst then doc.blocks:insert(1, pandoc.RawBlock("typst", typst_counters(sections, counts))) end
  if is_latex then doc.blocks:insert(1, pandoc.RawBlock("latex", latex_counters(sections, counts))) end
end

-- What leads to another chapter than the one that is printed is plain text.
local function unlink_elsewhere(doc)
  local elsewhere = {}
  for _, identifier in ipairs(doc.meta.weaver.elsewhere or {}) do
    elsewhere["#" .. pandoc.utils.stringify(identifier)] = true
  end
  return doc:walk({ Link = function(link) return elsewhere[link.target] and link.content or nil end })
end

-- `[@fig-a, on the left; @fig-b]`: Quarto drops what follows a reference.
local function keep_suffixes(cite)
  local parts = pandoc.Inlines({})
  for position, citation in ipairs(cite.citations) do
    if not KINDS[citation.id:lower():match("^(%a+)%-")] then return nil end
    local suffix = citation.suffix
    citation.suffix = pandoc.Inlines({})
    if position > 1 then parts:extend({ pandoc.Str(","), pandoc.Space() }) end
    parts:insert(pandoc.Cite({ pandoc.Str("@" .. citation.id) }, { citation }))
    parts:extend(suffix)
  end
  return parts
end

-- Quarto's Typst drops the name of a file above its code.
local function name_file(code)
  local name, label, caption = code.attributes.filename, code.identifier, code.attributes["lst-cap"]
  if not (is_typst and name) then return nil end
  code.identifier, code.attributes.filename, code.attributes["lst-cap"] = "", nil, nil
  local above = pandoc.List({
    pandoc.RawBlock("typst", "#block(below: 0.4em, sticky: true)["),
    pandoc.Plain({ pandoc.Code(name) }),
    pandoc.RawBlock("typst", "]"),
    code,
  })
  if not label:match("^lst%-") then return above end
  return pandoc.Div(above .. pandoc.read(caption or "").blocks, { id = label })
end

-- A grid table's columns have shares of a line of 72 letters, as Pandoc has it.
local function widen(tbl)
  local sum = 0
  for _, column in ipairs(tbl.colspecs) do sum = sum + (column[2] or 0) end
  if sum == 0 or sum > 0.1 then return nil end
  local scale = math.min(COLUMNS / 72, 1 / sum)
  tbl.colspecs = tbl.colspecs:map(function(column) return { column[1], column[2] and column[2] * scale } end)
  return tbl
end

-- A figure with a caption counts without a label too, on the page as in the PDF.
local unlabelled = 0
local function count(figure)
  if is_typst or figure.identifier ~= "" or #figure.caption.long == 0 then return nil end
  unlabelled = unlabelled + 1
  figure.identifier = "fig-unlabelled-" .. unlabelled
  return figure
end

-- The name of a chunk's file stands at the whole chunk. On paper tabs are sections, with numbers and references, and what
-- a page hides is not there; Quarto hides notes to itself, which have identifiers.
local function open_div(div)
  local code = div.content[1]
  if is_typst and div.attributes.filename and code and code.t == "CodeBlock" then
    code.attributes.filename = div.attributes.filename
    div.attributes.filename = nil
    div.content[1] = code
    return div
  end
  if quarto.doc.is_format("html") then return nil end
  if div.classes:includes("hidden") and div.identifier == "" then return {} end
  if div.classes:includes("panel-tabset") then return div.content end
end

-- A document begins at the first level, a chapter at the one that it has in the whole. Quarto is told not to see to it: it
-- would in Typst alone, and of each chapter.
local function level_headings(doc)
  local wanted, highest = tonumber(pandoc.utils.stringify(doc.meta.weaver.level or "1")), math.huge
  for _, block in ipairs(doc.blocks) do
    if block.t == "Header" then highest = math.min(highest, block.level) end
  end
  if highest == math.huge or highest == wanted then return doc end
  return doc:walk({
    Header = function(header)
      header.level = header.level - highest + wanted
      return header
    end,
  })
end

-- The references stand at the end of the section that has their title, or of one that ends the document; else they get
-- one of their own. Behind the last block Quarto hides notes to itself.
local function place_references(doc)
  local title, last, start = doc.meta.weaver.references, #doc.blocks, nil
  if not title then return end
  while last > 0 and doc.blocks[last].t == "Div" and doc.blocks[last].classes:includes("hidden") do last = last - 1 end
  for position = 1, last do
    local block = doc.blocks[position]
    if block.identifier == "refs" then return end
    local named = block.t == "Header" and pandoc.utils.stringify(block) == pandoc.utils.stringify(title)
    if named or (block.t == "Header" and position == last) then start = position end
  end
  doc.meta["reference-section-title"] = not start and title or nil
  if not start then return end
  local ending = start + 1
  while ending <= last and doc.blocks[ending].t ~= "Header" do ending = ending + 1 end
  doc.blocks:insert(ending, pandoc.Div({}, { id = "refs" }))
end

return {
  { Div = open_div },
  { Cite = keep_suffixes, CodeBlock = name_file, Figure = count, Table = widen },
  {
    Pandoc = function(doc)
      if is_typst then doc.blocks:insert(1, pandoc.RawBlock("typst", look())) end
      doc = level_headings(doc)
      go_on_counting(doc)
      place_references(doc)
      doc = unlink_elsewhere(doc)
      doc.meta.weaver = nil
      return doc
    end,
  },
}

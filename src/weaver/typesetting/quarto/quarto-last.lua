-- Given to Quarto with an executed notebook, behind those of its filters that count, refer and lay out (`at: post-render`):
-- formulas as the built-in typesetter sets them, and text that Typst is to take as it is.

local is_typst = quarto.doc.is_format("typst")
local is_html = quarto.doc.is_format("html")

local function read(name)
  local file <close> = assert(io.open(quarto.utils.resolve_path(name)))
  return file:read("a")
end

-- By their TeX, white space as one space: in Typst `inline` and the pieces of `lines`, or else `inline` and `block`; the
-- `tex` as it was read, and the number that it says, its `tag`. What only defines macros has nothing.
local formulas = quarto.json.decode(read("weaver-formulas.json"))

local function spaced(text)
  return (text:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

local function quoted(text)
  return '"' .. text:gsub('[\\"]', "\\%0"):gsub("\n", "\\n") .. '"'
end

local function displayed(formula, options)
  local arguments = { quoted(formula.tex), table.unpack(options) }
  for _, line in ipairs(formula.lines) do table.insert(arguments, "$" .. line .. "$") end
  return pandoc.RawInline("typst", "#displayed(" .. table.concat(arguments, ", ") .. ");")
end

local function on_paper(math, formula)
  if math.mathtype == "InlineMath" then
    return pandoc.RawInline("typst", ("#formula(%s, %s);"):format(quoted(formula.tex), formula.inline))
  end
  return displayed(formula, formula.tag ~= "" and { "number: " .. quoted(formula.tag) } or {})
end

local function on_page(math, formula, number)
  if math.mathtype == "InlineMath" then return pandoc.RawInline("html", formula.inline) end
  local shown = '<span class="formula">' .. formula.block .. "</span>"
  if number == "" then return pandoc.RawInline("html", shown) end
  return pandoc.RawInline("html", ('<span class="equation">%s<span class="number">%s</span></span>'):format(shown, number))
end

-- On a page Quarto has put the number of an equation into its TeX.
local function set(math)
  local text = spaced(math.text)
  local tex, number = text:match("^(.-) ?\\qquad(%(%S+%))$")
  if not (is_html and tex and formulas[tex]) then tex, number = text, nil end
  local formula = formulas[tex]
  if not formula then return nil end
  if not formula.tex then return {} end
  return is_html and on_page(math, formula, number or formula.tag) or on_paper(math, formula)
end

-- In Typst a numbered equation stands between raw pieces of Quarto's.
local function set_numbered(inlines)
  for position = #inlines - 2, 1, -1 do
    local opening, math, closing = inlines[position], inlines[position + 1], inlines[position + 2]
    local formula = math.t == "Math" and formulas[spaced(math.text)]
    local label = closing.t == "RawInline" and closing.text:match("^ *%]%)(<eq%-[^>]*>)$")
    if formula and formula.tex and label and opening.t == "RawInline" and opening.text:match("^#math%.equation") then
      local number = _G.crossref.index.entries[label:sub(2, -2)].order.order
      local options = { "name: " .. label, ('number: "(%d)"'):format(number), "numbering: equation-numbering" }
      local alternative = opening.text:match('(alt: ".*"),')
      if alternative then table.insert(options, alternative) end
      inlines[position] = displayed(formula, options)
      inlines:remove(position + 2)
      inlines:remove(position + 1)
    end
  end
  return inlines
end

-- What Typst would read as a dash, an ellipsis, a minus, a soft hyphen, a prime or the mark of a list or a heading.
local SHORTHAND = { "%-%-", "%-%?", "%-%d", "%.%.%.", "['\"’]", "^[-+/]$", "^=+$", "^%d+%.$" }

local function keep(str)
  for _, shorthand in ipairs(SHORTHAND) do
    if str.text:match(shorthand) then return pandoc.RawInline("typst", "#" .. quoted(str.text) .. ";") end
  end
end

-- Code is set so small that a line holds 86 letters; one that is longer is broken, its words are not spread.
local function left_aligned(code)
  return { pandoc.RawBlock("typst", "#[#set par(justify: false); #set text(size: 0.92em)"), code, pandoc.RawBlock("typst", "]") }
end

-- What only was there to be counted below it.
local function remove(div)
  if div.classes:includes("weaver-above") then return {} end
end

if is_typst then
  return { { Div = remove, Inlines = set_numbered }, { Math = set, Str = keep, CodeBlock = left_aligned } }
elseif is_html and next(formulas) then
  quarto.doc.include_text("in-header", "<style>\n" .. read("weaver-formulas.css") .. "</style>")
end
return { { Div = remove, Math = is_html and set or nil } }

-- Given to Quarto behind all filters of its own (`at: post-render`): text reaches Typst as it is. Pandoc would leave
-- it to Typst, which sees a prime behind a number, a minus, a dash, an ellipsis or the mark of a list.

local SHORTHAND = { "%-%-", "%-%?", "%-%d", "%.%.%.", "['\"’]", "^[-+/]$", "^=+$", "^%d+%.$" }

local function literal(text)
  for _, pattern in ipairs(SHORTHAND) do
    if text.text:find(pattern) then
      return pandoc.RawInline("typst", '#"' .. text.text:gsub('[\\"]', "\\%0") .. '";')
    end
  end
end

return {
  {
    Pandoc = function(doc)
      doc.blocks = doc.blocks:walk({ Str = literal })
      return doc
    end,
  },
}

using System.Text.Encodings.Web;

namespace Fovea.Data.Scenes;

/// <summary>
/// An ordinary Hugging Face tokenizer of LLaMA's form for the world: every word after a blank, every punctuation mark and the line break are one token.
/// The alphabet is printable ASCII, without byte fallback (other characters become <c>&lt;unk&gt;</c>):
/// <see cref="VocabularySize"/> tokens instead of 256 more.
/// </summary>
public static class SceneTokenizer
{
    private const char Blank = '\u2581';

    private static readonly string[] FirstTokens = ["<unk>", "<s>", "</s>"];
    private static readonly string[] LastTokens = ["<image>", "<vision>", "<vpatch>", "<vrow_sep>", "</vision>", "[INST]", "[/INST]", "<pad>"];
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly List<(string Left, string Right)> Merges = BpeTrainer.Train(TrainingWords());
    private static readonly List<string> Tokens = AllTokens();

    /// <summary>Number of tokens, the added ones included: 480 (3 special, 96 characters, 373 merges for 147 words, 8 added).</summary>
    public static int VocabularySize => Tokens.Count;

    /// <summary>Names of the files of a tokenizer.</summary>
    public static IReadOnlyList<string> Files { get; } = ["tokenizer.json", "tokenizer_config.json"];

    /// <summary>Writes <see cref="Files"/> into a folder; always the same bytes.</summary>
    public static void Write(string folder)
    {
        AtomicFile.WriteText(Path.Combine(folder, Files[0]), TokenizerJson().ToJsonString(Json) + "\n");
        AtomicFile.WriteText(Path.Combine(folder, Files[1]), ConfigJson().ToJsonString(Json) + "\n");
    }

    /// <summary>Ids of the words that compete in a class (see <see cref="SceneWords.Competing"/>), as they stand after a blank: <c>[words]</c>.</summary>
    public static int[] CompetingIds(TokenClass tokenClass)
    {
        return [.. SceneWords.Competing(tokenClass).Select(w => Tokens.IndexOf(Blank + w))];
    }

    /// <summary>
    /// Words that must be one token: the world's and the frame's after a blank, and those that open a question right after the image's line break.
    /// </summary>
    internal static List<string> TrainingWords() =>
        [.. SceneWords.All.Concat(FrameWords).Select(w => Blank + w), .. SceneWords.Openings];

    /// <summary>Words that the llava_v1 frame adds.</summary>
    internal static IReadOnlyList<string> FrameWords => ["USER:", "ASSISTANT:"];

    private static List<string> AllTokens()
    {
        var alphabet = Enumerable.Range('!', '~' - '!' + 1).Select(c => ((char)c).ToString());
        return [.. FirstTokens, "\n", .. alphabet, Blank.ToString(), .. Merges.Select(m => m.Left + m.Right), .. LastTokens];
    }

    private static JsonObject TokenizerJson()
    {
        var vocabulary = new JsonObject();
        for (var i = 0; i < Tokens.Count - LastTokens.Length; i++)
        {
            vocabulary.Add(Tokens[i], i);
        }

        return new JsonObject
        {
            ["version"] = "1.0",
            ["truncation"] = null,
            ["padding"] = null,
            ["added_tokens"] = new JsonArray([.. FirstTokens.Concat(LastTokens).Select(t => AddedToken(Tokens.IndexOf(t), t))]),
            ["normalizer"] = JsonNode.Parse($$"""
                {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "{{Blank}}"}, {"type": "Replace", "pattern": {"String": " "}, "content": "{{Blank}}"}]}
                """),
            ["pre_tokenizer"] = null,
            ["post_processor"] = JsonNode.Parse("""
                {
                  "type": "TemplateProcessing",
                  "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                  "pair": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "<s>", "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}],
                  "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}
                }
                """),
            ["decoder"] = JsonNode.Parse($$"""
                {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": "{{Blank}}"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
                """),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["dropout"] = null,
                ["unk_token"] = "<unk>",
                ["continuing_subword_prefix"] = null,
                ["end_of_word_suffix"] = null,
                ["fuse_unk"] = true,
                ["byte_fallback"] = false,
                ["ignore_merges"] = false,
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray([.. Merges.Select(m => new JsonArray(m.Left, m.Right))]),
            },
        };
    }

    private static JsonObject AddedToken(int id, string content) => new()
    {
        ["id"] = id,
        ["content"] = content,
        ["single_word"] = false,
        ["lstrip"] = false,
        ["rstrip"] = false,
        ["normalized"] = false,
        ["special"] = true,
    };

    /// <summary>The chat template is the llava_v1 one: "SYSTEM USER: q ASSISTANT: a&lt;/s&gt;USER: ...".</summary>
    private static JsonObject ConfigJson() => new()
    {
        ["clean_up_tokenization_spaces"] = false,
        ["model_max_length"] = 2048,
        ["padding_side"] = "right",
        ["tokenizer_class"] = "PreTrainedTokenizerFast",
        ["bos_token"] = "<s>",
        ["eos_token"] = "</s>",
        ["unk_token"] = "<unk>",
        ["pad_token"] = "<pad>",
        ["image_token"] = "<image>",
        ["chat_template"] = "{% if messages[0]['role'] == 'system' %}{% set system = messages[0]['content'] %}{% set turns = messages[1:] %}"
            + "{% else %}{% set system = \"A chat between a curious user and an artificial intelligence assistant. "
            + "The assistant gives helpful, detailed, and polite answers to the user's questions.\" %}{% set turns = messages %}{% endif %}"
            + "{{ system }}{% for m in turns %}{% if m['role'] == 'user' %}{% if loop.first %}{{ ' ' }}{% endif %}{{ 'USER: ' + m['content'] + ' ' }}"
            + "{% else %}{{ 'ASSISTANT: ' }}{% generation %}{{ m['content'] + eos_token }}{% endgeneration %}{% endif %}{% endfor %}"
            + "{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}",
    };
}

using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Data.Images;
using Fovea.Data.Tokenizers;
using FsCheck.Xunit;
using Xunit;

namespace Fovea.Tests.Data;

/// <summary>Tokenizer and processor files are read by keys that are known, and what an untrusted tokenizer asks for is bounded.</summary>
public sealed class ForeignTextFilesTests : IDisposable
{
    private const string Config = "tokenizer_config.json";

    // What LLaVA-1.5, Vicuna, Qwen2.5, Llama 3 and CLIP carry beside their vocabularies, in one.
    private const string Settings = """
        {"add_bos_token": true, "add_eos_token": false, "add_prefix_space": null, "additional_special_tokens": [], "bos_token": "<s>", "chat_template": "{{ messages }}",
         "clean_up_tokenization_spaces": false, "cls_token": null, "eos_token": "</s>", "errors": "replace", "extra_special_tokens": {"image_token": "<image>"}, "image_token": "<image>",
         "legacy": false, "model_input_names": ["input_ids", "attention_mask"], "model_max_length": 1000000000000000019884624838656, "name_or_path": "x", "pad_token": "<pad>",
         "padding_side": "left", "processor_class": "LlavaProcessor", "sp_model_kwargs": {}, "spaces_between_special_tokens": false, "special_tokens_map_file": "x", "split_special_tokens": false,
         "tokenizer_class": "LlamaTokenizer", "tokenizer_file": null, "trust_remote_code": false, "truncation_side": "right", "unk_token": {"__type": "AddedToken", "content": "<unk>", "lstrip": false,
         "normalized": false, "rstrip": false, "single_word": false}, "use_default_system_prompt": false, "use_fast": true}
        """;

    private const string Processor = """
        {"_valid_processor_keys": ["images"], "crop_size": {"height": 336, "width": 336}, "do_center_crop": true, "do_convert_rgb": true, "do_normalize": true, "do_rescale": true,
         "do_resize": true, "feature_extractor_type": "CLIPFeatureExtractor", "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_processor_type": "CLIPImageProcessor",
         "image_std": [0.26862954, 0.26130258, 0.27577711], "processor_class": "LlavaProcessor", "resample": 3, "rescale_factor": 0.00392156862745098, "size": {"shortest_edge": 336},
         "data_format": "channels_first", "default_to_square": false, "device": null, "disable_grouping": null, "do_pad": null, "input_data_format": null, "pad_size": null, "return_tensors": null}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-foreign-text-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Settings_as_published_load()
    {
        Put(Config, Settings);
        Assert.Equal("<image>", Load(_ => { }).NamedTokens["image_token"]);
        Put("preprocessor_config.json", Processor);
        Assert.Equal(336, ImageProcessorConfig.Load(_folder).ShortestEdge);
    }

    [Property(MaxTest = 60)]
    public void A_key_that_nobody_knows_is_refused_in_each_file(byte file, byte key, byte value)
    {
        string[] keys = ["zoom", "add_zoom", "do_zoom", "zoom_config"];
        string[] values = ["true", "false", "0", "2.5", "\"x\"", "[1]", "{\"a\": 1}"];
        (string File, string Json, string[] Path)[] places =
        [
            (Config, Settings, []), (Config, Settings, ["unk_token"]), ("special_tokens_map.json",
                """{"bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": false}}""", []),
            ("special_tokens_map.json", """{"eos_token": {"content": "</s>", "lstrip": false}}""", ["eos_token"]),
            ("preprocessor_config.json", Processor, []), ("preprocessor_config.json", Processor, ["size"]), ("preprocessor_config.json",
                Processor, ["crop_size"]),
            ("processor_config.json", $$"""{"processor_class": "LlavaProcessor", "patch_size": 14, "image_processor": {{Processor}}}""", []),
            ("processor_config.json", $$"""{"processor_class": "LlavaProcessor", "patch_size": 14, "image_processor": {{Processor}}}""", ["image_processor"]),
        ];
        var (name, json, path) = places[file % places.Length];
        var unknown = keys[key % keys.Length];
        var root = JsonNode.Parse(json)!;
        path.Aggregate(root, (node, part) => node[part]!)[unknown] = JsonNode.Parse(values[value % values.Length]);
        foreach (var left in Directory.EnumerateFiles(_folder))
        {
            File.Delete(left);
        }

        Put(name, root.ToJsonString());
        var error = Assert.Throws<InvalidInputException>(() => name.Contains("processor", StringComparison.Ordinal)
            ? ImageProcessorConfig.Load(_folder) : (object)Load(_ => { }));
        Assert.Contains(string.Join('.', [.. path, unknown]), error.Message, StringComparison.Ordinal);
        Assert.EndsWith(name, error.File, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("model")]
    [InlineData("normalizer")]
    [InlineData("post_processor")]
    [InlineData("added_tokens.0")]
    public void So_is_one_in_a_tokenizer_json(string place)
    {
        var error = Assert.Throws<InvalidInputException>(() => Load(t =>
        {
            var at = place.Split('.', StringSplitOptions.RemoveEmptyEntries)
                .Aggregate(t, (node, part) => int.TryParse(part, out var i) ? node[i]! : node[part]!);
            at["zoom"] = true;
        }));
        Assert.Contains("zoom: unknown key", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("split_special_tokens", "true")]
    [InlineData("sp_model_kwargs", """{"enable_sampling": true}""")]
    [InlineData("do_lower_case", "true")]
    [InlineData("from_slow", "true")]
    public void A_setting_that_would_change_ids_is_refused_by_name(string key, string value)
    {
        var json = JsonNode.Parse(Settings)!;
        json[key] = JsonNode.Parse(value);
        Put(Config, json.ToJsonString());
        Assert.Contains(key, Assert.Throws<InvalidInputException>(() => Load(_ => { })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LlamaTokenizer", "false", 308)] // o, as the slow tokenizer that Transformers converts
    [InlineData("LlamaTokenizer", "true", 325)] // with a blank in front
    [InlineData("LlamaTokenizer", "null", 325)]
    public void The_blank_before_a_text_is_the_settings_to_decide(string kind, string asked, int first)
    {
        Put(Config, $$"""{"tokenizer_class": "{{kind}}", "add_prefix_space": {{asked}}}""");
        var tokenizer = Load(_ => { });
        Assert.Equal(first, tokenizer.Encode("overheard", addSpecialTokens: false).Ids[0]);
        Assert.Equal("overheard", tokenizer.Decode([.. tokenizer.Encode("overheard", addSpecialTokens: false).Ids], skipSpecialTokens: false));
    }

    [Fact]
    public void Files_that_contradict_each_other_about_that_blank_are_refused()
    {
        Put(Config, """{"tokenizer_class": "PreTrainedTokenizerFast", "add_prefix_space": false}""");
        Assert.Contains("add_prefix_space: false", Assert.Throws<InvalidInputException>(() => Load(_ => { })).Message, StringComparison.Ordinal);
        Put(Config, """{"tokenizer_class": "LlamaTokenizer", "add_prefix_space": true}""");
        Assert.Contains("add_prefix_space: true", Assert.Throws<InvalidInputException>(() => Load(t => t["normalizer"] = null)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Null_for_add_bos_token_is_no_token()
    {
        Put(Config, """{"tokenizer_class": "LlamaTokenizer", "add_bos_token": null}""");
        var tokenizer = Load(_ => { });
        Assert.Equal(tokenizer.Encode("a dog", false).Ids, tokenizer.Encode("a dog", true).Ids);
    }

    [Theory]
    [InlineData("""{"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}""", 40)]
    [InlineData("""{"type": "Replace", "pattern": {"String": "a"}, "content": "LONG"}""", 6)]
    [InlineData("""{"type": "Replace", "pattern": {"Regex": "[a-z]"}, "content": "bcdefghi"}""", 30)]
    [InlineData("""{"type": "Prepend", "prepend": "LONG"}""", 2000)]
    public void Normalizers_that_amplify_are_stopped_with_one_line(string step, int times)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<InvalidInputException>(() =>
        {
            var node = JsonNode.Parse(step.Replace("LONG", new string('a', 1000), StringComparison.Ordinal))!;
            var tokenizer = Load(t => t["normalizer"] =
                new JsonObject { ["type"] = "Sequence", ["normalizers"] = new JsonArray([.. Enumerable.Range(0, times).Select(_ => node.DeepClone())]) });
            tokenizer.Encode(new string('a', 30) + " hello", false);
        });
        Assert.Contains("tokenizer.json", error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 300L << 20);
    }

    [Fact]
    public void So_are_pre_tokenizers_and_decoders()
    {
        var wide = new JsonObject { ["type"] = "Metaspace", ["replacement"] = new string('x', 100_000), ["prepend_scheme"] = "never", ["split"] = false };
        Assert.Throws<InvalidInputException>(() => Load(t => (t["normalizer"], t["pre_tokenizer"]) = (null, wide))
            .Encode(string.Concat(Enumerable.Repeat("a b ", 50)), false));
        var grow = JsonNode.Parse("""{"type": "Replace", "pattern": {"String": "a"}, "content": "aaaa"}""")!;
        var chain = new JsonObject { ["type"] = "Sequence", ["decoders"] = new JsonArray([.. Enumerable.Range(0, 20).Select(_ => grow.DeepClone())]) };
        Assert.Contains("decoder", Assert.Throws<InvalidInputException>(() => Load(t => t["decoder"] = chain)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_or_a_pointer_in_a_files_place_is_called_so()
    {
        Put("tokenizer.json", "<!DOCTYPE html><html></html>");
        Assert.Contains("web page", Assert.Throws<InvalidInputException>(() => Tokenizer.Load(_folder)).Message, StringComparison.Ordinal);
        Put("preprocessor_config.json", "version https://git-lfs.github.com/spec/v1\n");
        Assert.Contains("Git LFS pointer", Assert.Throws<InvalidInputException>(() => ImageProcessorConfig.Load(_folder)).Message, StringComparison.Ordinal);
        Assert.Contains("Git LFS pointer", Assert.Throws<InvalidInputException>(
            () => ImageFile.Decode("version https://git-lfs.github.com/spec/v1\n"u8, "a.png")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_processor_files_that_differ_are_refused()
    {
        Put("preprocessor_config.json", Processor);
        Put("processor_config.json", $$"""{"image_processor": {{Processor}}}""");
        Assert.Equal(336, ImageProcessorConfig.Load(_folder).ShortestEdge);
        Put("processor_config.json", $$"""{"image_processor": {{Processor.Replace("336", "224", StringComparison.Ordinal)}}}""");
        Assert.Contains("differs from preprocessor_config.json", Assert.Throws<InvalidInputException>(() => ImageProcessorConfig.Load(_folder)).Message,
            StringComparison.Ordinal);
    }

    [Property]
    public void Any_pattern_compiles_or_is_a_format_error(byte[] choices)
    {
        const string Alphabet = "(?i:[a-]^)b\\pL{}1,0+*|.sS=!<>&u0041$'x\\d";
        var pattern = string.Concat(choices.Select(c => Alphabet[c % Alphabet.Length]));
        try
        {
            _ = RegexTranslation.ToDotNet(pattern);
        }
        catch (FormatException)
        {
        }
    }

    [Theory]
    [InlineData("(?i:[a")]
    [InlineData("[")]
    [InlineData("(?i:[a-")]
    [InlineData("\\p")]
    [InlineData("a{2")]
    public void A_pattern_that_breaks_off_is_a_format_error(string pattern) => Assert.Throws<FormatException>(() => RegexTranslation.ToDotNet(pattern));

    private Tokenizer Load(Action<JsonNode> change)
    {
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(TestData.Find("fixtures/tokenizers/tiny_llama"), "tokenizer.json")))!;
        change(json);
        Put("tokenizer.json", json.ToJsonString());
        return Tokenizer.Load(_folder);
    }

    private void Put(string file, string text) => File.WriteAllText(Path.Combine(_folder, file), text);
}

using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Data.Tokenizers;
using Xunit;

namespace Fovea.Tests.Data;

/// <summary>What the files beside a vocabulary change, and that it changes the fingerprint.</summary>
public sealed class TokenizerSettingsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fovea-tokenizer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Tokens_of_the_configuration_alone_are_found_and_get_the_next_ids()
    {
        var plain = Fixture.Tokenizer("tiny_llama");
        var tokenizer = Load("tiny_llama", """
            {"added_tokens_decoder": {
                "600": {"content": "<eye>", "lstrip": true, "rstrip": false, "normalized": false, "single_word": false, "special": true},
                "601": {"content": "look", "lstrip": false, "rstrip": false, "normalized": true, "single_word": true, "special": false}},
             "bos_token": "<s>", "additional_special_tokens": ["<end>"]}
            """);
        Assert.Equal((600, 601, 602, 603), (tokenizer.IdOf("<eye>"), tokenizer.IdOf("look"), tokenizer.IdOf("<end>"), tokenizer.VocabSize));
        Assert.Equal([600, 601, 602], tokenizer.Encode("  <eye>look<end>", false).Ids.Where(i => i >= 600));
        Assert.DoesNotContain(601, tokenizer.Encode("looks", false).Ids);
        Assert.Equal(plain.Encode("a dog", true).Ids, tokenizer.Encode("a dog", true).Ids);
        Assert.Contains(600, tokenizer.SpecialIds);
        Assert.DoesNotContain(601, tokenizer.SpecialIds);
        Assert.NotEqual(plain.Fingerprint, tokenizer.Fingerprint);
    }

    [Theory]
    [InlineData(true, false, new[] { 1 }, new int[0])]
    [InlineData(false, true, new int[0], new[] { 2 })]
    [InlineData(true, true, new[] { 1 }, new[] { 2 })]
    public void Bos_and_eos_stand_around_a_text_as_asked(bool bos, bool eos, int[] before, int[] behind)
    {
        var flags = $$"""{"add_bos_token": {{(bos ? "true" : "false")}}, "add_eos_token": {{(eos ? "true" : "false")}}, "bos_token": "<s>", "eos_token": "</s>"}""";
        var tokenizer = Load("tiny_llama", flags);
        var bare = tokenizer.Encode("a dog", false).Ids;
        Assert.Equal([.. before, .. bare, .. behind], tokenizer.Encode("a dog", true).Ids);
        Assert.Equal(!bos || eos, tokenizer.Fingerprint != Fixture.Tokenizer("tiny_llama").Fingerprint);
    }

    [Theory]
    [InlineData("""{"tokenizer_class": "LlamaTokenizer"}""", new[] { 1 }, new int[0])]
    [InlineData("""{"tokenizer_class": "LlamaTokenizerFast", "add_bos_token": false, "add_eos_token": true}""", new int[0], new[] { 2 })]
    [InlineData("""{"tokenizer_class": "PreTrainedTokenizerFast"}""", new int[0], new int[0])]
    public void LLaMAs_class_puts_bos_itself_where_the_file_puts_nothing(string config, int[] before, int[] behind)
    {
        var json = JsonNode.Parse(File.ReadAllText(Path.Combine(TestData.Find("fixtures/tokenizers/tiny_llama"), "tokenizer.json")))!;
        json["post_processor"] = null;
        File.WriteAllText(Path.Combine(_folder, "tokenizer.json"), json.ToJsonString());
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), config);
        var tokenizer = Tokenizer.Load(_folder);
        Assert.Equal([.. before, .. tokenizer.Encode("a dog", false).Ids, .. behind], tokenizer.Encode("a dog", true).Ids);
    }

    [Theory]
    [InlineData("""{"added_tokens_decoder": {"17": {"content": "<image>", "special": true}}}""", "expected the id 17, but the vocabulary gives it 598")]
    [InlineData("""{"added_tokens_decoder": {"700": {"content": "<eye>", "special": true}}}""", "expected the id 700, but the vocabulary gives it 600")]
    [InlineData("""{"added_tokens_decoder": {"x": {"content": "<eye>"}}}""", "expected an id as the key")]
    [InlineData("""{"add_eos_token": true}""", "eos_token is not named")]
    [InlineData("""{"add_bos_token": "yes"}""", "expected true or false")]
    public void Settings_that_do_not_fit_are_one_line(string config, string named)
    {
        var error = Assert.Throws<InvalidInputException>(() => Load("tiny_llama", config));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.EndsWith("tokenizer_config.json", error.File, StringComparison.Ordinal);
    }

    [Fact]
    public void Older_folders_name_their_added_tokens_in_two_files()
    {
        File.Copy(TestData.Find("data/tokenizers/llama2/tokenizer.model"), Path.Combine(_folder, "tokenizer.model"));
        File.WriteAllText(Path.Combine(_folder, "added_tokens.json"), """{"<image>": 32000, "<pad>": 32001}""");
        File.WriteAllText(Path.Combine(_folder, "special_tokens_map.json"), """{"bos_token": "<s>", "pad_token": {"content": "<pad>", "lstrip": false}}""");
        var tokenizer = Tokenizer.Load(_folder);
        Assert.Equal([1, 319, 11203, 32000, 32001], tokenizer.Encode("A dog<image><pad>", true).Ids);
        Assert.Equal((32001, 32002), (tokenizer.PadId, tokenizer.VocabSize));
        Assert.Equal([32001], tokenizer.SpecialIds.Where(i => i >= 32000));      // only what special_tokens_map.json names
    }

    [Fact]
    public void A_folder_with_a_SentencePiece_model_alone_puts_blanks_as_its_legacy_flag_says()
    {
        File.Copy(TestData.Find("data/tokenizers/llama2/tokenizer.model"), Path.Combine(_folder, "tokenizer.model"));
        foreach (var (config, name) in ((string, string)[])[("{}", "llama_spm"),
            ("""{"legacy": false, "tokenizer_class": "LlamaTokenizer"}""", "llama_spm_nonlegacy")])
        {
            File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), config);
            var (ours, expected) = (Tokenizer.Load(_folder), Fixture.Tokenizer(name));
            Assert.Equal(expected.Encode("x</s>USER: y", true).Ids, ours.Encode("x</s>USER: y", true).Ids);
            Assert.Equal(expected.Fingerprint, ours.Fingerprint);
        }
    }

    [Fact]
    public void Vocabulary_and_merges_of_CLIP_and_Qwen_tokenize_as_their_tokenizer_json_does()
    {
        foreach (var file in (string[])["vocab.json", "merges.txt", "tokenizer_config.json"])
        {
            File.Copy(Path.Combine(TestData.Find("data/tokenizers/clip"), file), Path.Combine(_folder, file));
        }

        AssertAlike(Fixture.Tokenizer("clip"), Tokenizer.Load(_folder));
        var qwen = JsonNode.Parse(File.ReadAllText(Path.Combine(TestData.Find("fixtures/tokenizers/tiny_qwen"), "tokenizer.json")))!["model"]!;
        File.WriteAllText(Path.Combine(_folder, "vocab.json"), qwen["vocab"]!.ToJsonString());
        File.WriteAllLines(Path.Combine(_folder, "merges.txt"),
            ["#version: 0.2", .. qwen["merges"]!.AsArray().Select(m => m is JsonArray pair ? $"{pair[0]} {pair[1]}" : (string)m!)]);
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), """
            {"tokenizer_class": "Qwen2Tokenizer", "added_tokens_decoder": {
                "596": {"content": "<|endoftext|>", "special": true}, "597": {"content": "<|im_start|>", "special": true},
                "598": {"content": "<|im_end|>", "special": true}, "599": {"content": "<image>", "special": true}}}
            """);
        AssertAlike(Fixture.Tokenizer("tiny_qwen"), Tokenizer.Load(_folder));
    }

    private static void AssertAlike(Tokenizer expected, Tokenizer got) =>
        Assert.All(Fixture.Json("fixtures/text/encode.json").GetProperty("texts").EnumerateArray(), t =>
        {
            var ids = expected.Encode(t.Text("text"), true).Ids;
            Assert.Equal(ids, got.Encode(t.Text("text"), true).Ids);
            Assert.Equal(expected.Decode(ids, true), got.Decode(ids, true));
        });

    private Tokenizer Load(string name, string config)
    {
        File.Copy(Path.Combine(TestData.Find($"fixtures/tokenizers/{name}"), "tokenizer.json"), Path.Combine(_folder, "tokenizer.json"));
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), config);
        return Tokenizer.Load(_folder);
    }
}

using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Data.Templates;
using Fovea.Data.Tokenizers;
using Xunit;

namespace Fovea.Tests.Data;

/// <summary>Which template a model's samples get.</summary>
public sealed class TemplateChoiceTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fovea-template-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("""{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}""", "llava_v1")]
    [InlineData("""{"model_type": "llava", "text_config": {"model_type": "mistral"}}""", "llava_v1")]
    [InlineData("""{"model_type": "llava_llama", "architectures": ["LlavaLlamaForCausalLM"]}""", "llava_v1")]
    [InlineData("""{"model_type": "qwen2"}""", "chatml")]
    [InlineData("""{"model_type": "llava", "text_config": {"model_type": "qwen2"}}""", "chatml")]
    [InlineData("""{"model": {"llm_backbone_id": "qwen2.5-1.5b-instruct"}}""", "chatml")]
    [InlineData("""{"model_type": "mistral", "architectures": ["SoloForCausalLM"]}""", "solo")]
    public void Auto_speaks_as_the_family_does_and_captions_stay_plain(string config, string template)
    {
        Write("config.json", config);
        var choice = TemplateChoice.ForModel("auto", _folder.FullName, Fixture.Tokenizer("tiny_mistral"));
        Assert.Equal(template, choice.Conversation.Name);
        Assert.Equal("llava_plain", choice.For(Fixture.Sample(["a.jpg"], (Role.Human, " <image>\n"), (Role.Assistant, "A dog."))).Name);
        Assert.Equal(template, choice.For(Fixture.Sample(["a.jpg"], (Role.Human, "<image>\nWhat?"), (Role.Assistant, "A dog."))).Name);
    }

    [Theory]
    [InlineData("vicuna_v1", "llava_v1")]
    [InlineData("v1", "llava_v1")]
    [InlineData("plain", "llava_plain")]
    public void The_names_of_LLaVAs_own_code_are_understood(string name, string template) =>
        Assert.Equal(template, TemplateChoice.Parse(name).Conversation.Name);

    [Theory]
    [InlineData("vicuna", "vicuna_v1")]
    [InlineData("chatmll", "chatml")]
    public void An_unknown_template_is_named_with_the_nearest(string name, string nearest) =>
        Assert.Contains($"did you mean '{nearest}'", Assert.Throws<FoveaException>(() => TemplateChoice.Parse(name)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("fixtures/tokenizers/tiny_llama", "llava_v1")]
    [InlineData("fixtures/tokenizers/tiny_mistral", "llava_v1")]
    [InlineData("fixtures/tokenizers/tiny_qwen", "chatml")]
    [InlineData("data/tokenizers/qwen2.5", "chatml")]
    public void A_tokenizer_alone_speaks_as_its_end_tokens_say(string folder, string template)
    {
        var path = TestData.Find(folder);
        Assert.Equal(template, TemplateChoice.ForModel("auto", path, Tokenizer.Load(path)).Conversation.Name);
    }

    [Theory]
    [InlineData("tiny_llama", "auto", "llava_v1")]
    [InlineData("tiny_mistral", "auto", "llava_v1")]
    [InlineData("tiny_mistral", "solo", "solo")]
    [InlineData("tiny_qwen", "auto", "chatml")]
    public void Scores_are_shared_between_families_unless_the_tokenizer_has_no_such_end_token(string tokenizer, string name, string template)
    {
        Write("config.json", tokenizer == "tiny_qwen" ? """{"model_type": "qwen2"}""" : """{"model_type": "mistral", "architectures": ["SoloForCausalLM"]}""");
        var choice = TemplateChoice.ForScores(name, _folder.FullName, Fixture.Tokenizer(tokenizer));
        Assert.Equal((name, template), (choice.Name, choice.Conversation.Name));
    }

    [Fact]
    public void Templates_that_checkpoints_bring_along_are_recognised_as_the_reference_did()
    {
        Assert.All(new ChatFixture().OwnTemplates, own =>
            Assert.Equal(own.Value.GetString(), CheckpointTemplate.Find(TestData.Find($"fixtures/tokenizers/{own.Name}"))!.Name));
        Assert.Equal("llava_hf", CheckpointTemplate.Find(TestData.Find("data/hf_configs/llava-1.5-7b-hf"))!.Name);
        Assert.Equal("mistral_instruct", CheckpointTemplate.Find(TestData.Find("data/hf_configs/mistral-7b-instruct-v0.3"))!.Name);
        Assert.Equal("chatml", CheckpointTemplate.Find(TestData.Find("data/hf_configs/qwen2.5"))!.Name);
    }

    [Fact]
    public void The_jinja_file_goes_before_the_others_and_line_ends_do_not_matter()
    {
        var jinja = File.ReadAllText(TestData.Find("data/hf_configs/llava-1.5-7b-hf/chat_template.jinja"));
        Write("tokenizer_config.json", """{"chat_template": "{{ messages }}"}""");
        Write("chat_template.jinja", jinja.ReplaceLineEndings("\r\n") + "\r\n");
        Assert.Equal("llava_hf", TemplateChoice.ForModel("checkpoint", _folder.FullName, Fixture.Tokenizer("tiny_llama")).Conversation.Name);
    }

    [Fact]
    public void Of_several_named_templates_the_default_counts()
    {
        Write("tokenizer_config.json", """{"chat_template": [{"name": "tool_use", "template": "x"}, {"name": "default", "template": "{{ y }}"}]}""");
        var found = CheckpointTemplate.Find(_folder.FullName)!;
        Write("tokenizer_config.json", """{"chat_template": "{{ y }}"}""");
        Assert.Equal(found, CheckpointTemplate.Find(_folder.FullName));
        Assert.Null(found.Name);
    }

    [Fact]
    public void An_unknown_template_names_its_file_and_hash_and_says_what_to_do()
    {
        Write("tokenizer_config.json", """{"chat_template": "{{ y }}"}""");
        var message = Assert.Throws<InvalidInputException>(
            () => TemplateChoice.ForModel("checkpoint", _folder.FullName, Fixture.Tokenizer("tiny_llama"))).Message;
        Assert.StartsWith(Path.Combine(_folder.FullName, "tokenizer_config.json"), message, StringComparison.Ordinal);
        Assert.Contains(CheckpointTemplate.Find(_folder.FullName)!.Sha256, message, StringComparison.Ordinal);
        Assert.Contains("--template (llava_plain, llava_v1, llava_hf, chatml, chatml_bare, mistral_instruct, solo)", message, StringComparison.Ordinal);
        Write("tokenizer_config.json", """{"bos_token": "<s>"}""");
        message = Assert.Throws<InvalidInputException>(() => TemplateChoice.ForModel("checkpoint", _folder.FullName, Fixture.Tokenizer("tiny_llama"))).Message;
        Assert.Contains("no chat template", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fixtures/tokenizers/tiny_llama", "chatml", "<|im_end|>")]
    [InlineData("data/tokenizers/qwen2.5", "llava_v1", "</s>")]
    public void A_template_whose_end_token_the_tokenizer_lacks_is_refused(string folder, string template, string end)
    {
        var message = Assert.Throws<FoveaException>(() => new SampleEncoder(Tokenizer.Load(TestData.Find(folder)), TemplateChoice.Parse(template))).Message;
        Assert.Contains(template, message, StringComparison.Ordinal);
        Assert.Contains(end, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tiny_llama", "llava_v1", 2)]
    [InlineData("tiny_llama", "llava_hf", 2)]
    [InlineData("tiny_mistral", "solo", 2)]
    public void Generation_stops_at_the_templates_end_token_or_the_tokenizers(string tokenizer, string template, int id) =>
        Assert.Equal(id, new SampleEncoder(Fixture.Tokenizer(tokenizer), TemplateChoice.Parse(template)).EndId);

    private void Write(string file, string text) => File.WriteAllText(Path.Combine(_folder.FullName, file), text);
}

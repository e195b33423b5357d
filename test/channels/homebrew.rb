# Replaces the parts of Homebrew that a formula uses. For a system and a processor, prints the download and the files that install copies.
require "json"

SYSTEM, PROCESSOR, file = ARGV
FOUND = { "installed" => [] }

class Formula
  class << self
    %i[desc homepage version license url sha256 depends_on].each do |name|
      define_method(name) { |value = nil| value ? FOUND[name.to_s] = value : FOUND[name.to_s] }
    end
    def on_macos = (yield if SYSTEM == "macos")
    def on_linux = (yield if SYSTEM == "linux")
    def on_arm = (yield if PROCESSOR == "arm64")
    def on_intel = (yield if PROCESSOR == "x64")
    def test = nil
  end
end

class Bin
  def install(*names) = FOUND["installed"].concat(names)
end

load file
one = KubectlAcrSecret.new
def one.bin = Bin.new
one.install
puts JSON.generate(FOUND)
